/// Disk images, file systems and streams whose parts readers of this project take out.
extension Coverage {
    static let images: [CoverageRow] = [
        CoverageRow(
            "dmg", .ours,
            mimeTypes: ["application/x-apple-diskimage"],
            engineTypes: ["CL_TYPE_DMG"],
            account: "the disk is put together from all runs of its block tables; runs must not overlap; bytes that no "
                + "run covers are a layer; one segment of several is not supported"),
        CoverageRow(
            "hfs", .ours,
            engineTypes: ["CL_TYPE_PART_HFSPLUS"],
            account:
                "both forks of every file in the catalog of an HFS+ volume, compressed files decoded; the catalog's "
                + "index and its leaves must agree; the classic HFS and a journal to be replayed are not supported"),
        CoverageRow(
            "udf", .ours,
            engineTypes: ["CL_TYPE_UDF"],
            account: "every file that a folder names is unpacked, with its named streams; both copies of the volume's "
                + "descriptors must agree; virtual and sparable partitions are not supported"),
        CoverageRow(
            "nsis", .ours,
            engineTypes: ["CL_TYPE_NULSFT"],
            account:
                "every block of the data is a part, and the uninstaller; the script must not take a file out of the "
                + "middle of a block"),
        CoverageRow(
            "onenote", .ours,
            mimeTypes: ["application/msonenote"],
            engineTypes: ["CL_TYPE_ONENOTE"],
            account: "every embedded file stands whole between two marks; the form of a server is not supported"),
        CoverageRow(
            "lzma86", .ours,
            account: "what the stream decodes to, the addresses of x86 code restored; it has no mark, so damage is its "
                + "end, as in 7-Zip"),
        CoverageRow(
            "zlib", .ours,
            mimeTypes: ["application/zlib"],
            account: "the stream is decoded to its end; bytes behind it are a layer. Bytes are a stream if they decode "
                + "to an end, as far as they go, or for more bytes than chance does; damage is a gap, but in Base64 that "
                + "nothing declares, where what decodes is inspected: no reader gets more"),
    ]
}
