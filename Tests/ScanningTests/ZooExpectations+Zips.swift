/// ZIP archives whose parts disagree.
extension ZooExpectations {
    static let zipTricks: [(String, Expectation)] = [
        (
            """
            zip-trick/no-directory.zip zip-trick/no-directory-descriptor.zip zip-trick/only-local.zip
            zip-trick/only-local-first.zip zip-trick/directory-offset-wrong.zip zip-trick/local-method-stored.zip
            zip-trick/directory-method-stored.zip zip-trick/local-sizes-zero.zip zip-trick/directory-packed-zero.zip
            zip-trick/directory-sizes-zero.zip zip-trick/both-sizes-zero.zip zip-trick/size-too-small.zip
            zip-trick/size-too-large.zip zip-trick/second-end-in-comment.zip zip-trick/second-end-of-one.zip
            zip-trick/masked-flag.zip zip-trick/patched-flag.zip zip-trick/two-concatenated.zip
            zip-trick/two-concatenated-first.zip zip-trick/directory-with-data.zip zip-trick/tail-zip-stored.zip
            zip-trick/count-too-small.zip zip-trick/many-disks.zip zip-trick/extra-too-long.zip
            zip-trick/names-differ.zip zip-trick/crc-wrong.zip zip-trick/other-directory.zip
            """, foundOrDoubted
        ),
        // Only the names are unusual.
        (
            """
            zip-trick/duplicate-names.zip zip-trick/duplicate-names-first.zip zip-trick/path-above.zip
            zip-trick/path-absolute.zip zip-trick/path-nul.zip zip-trick/path-64k.zip zip-trick/path-empty.zip
            zip-trick/path-not-utf8.zip zip-trick/path-device.zip zip-trick/prefix-not-counted.zip
            zip-trick/link-with-payload.zip
            """, .infected(hidden)
        ),
        ("zip-trick/only-in-directory.zip", unscannable(broken)),
        (
            "zip-trick/method-97.zip zip-trick/method-1.zip zip-trick/method-6.zip zip-trick/method-200.zip",
            unscannable(unpackable)
        ),
        // Method 99 is AES.
        ("zip-trick/method-99.zip", unscannable(unpackable.union(["encrypted"]))),
        (
            "zip-trick/symlink.zip zip-trick/empty.zip zip-trick/empty-member.zip zip-trick/empty-packed.zip"
                + " zip-trick/in-streams.zip.gz", .clean
        ),
        ("zip-trick/declared-empty.zip", unscannable(broken)),
        // Bytes that belong to no member are plain and were matched; package signing adds such bytes.
        ("zip-trick/gap-between.zip zip-trick/tail-behind.zip", cleanOrBroken),
    ]
}
