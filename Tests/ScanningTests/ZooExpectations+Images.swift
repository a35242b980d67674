/// Disk images, file systems and streams that readers of this project open.
extension ZooExpectations {
    static let images: [(String, Expectation)] = [
        (
            """
            image/hfs-plus.img image/resource-fork.img image/fragments.img image/many-files.img image/decmpfs-inline.img
            image/decmpfs-stored.img image/decmpfs-resource.img image/apple-map.img image/guid-table.img
            image/boot-record.img image/zlib.dmg image/bzip2.dmg image/lzma.dmg image/raw.dmg image/adc.dmg
            image/lzfse.dmg image/lzvn.dmg image/lzfse-coded.dmg image/volume.dmg image/tables.dmg
            image/stream-before-runs.dmg image/one.dmg.zip image/one.dmg.zip.tar image/stream.zlib
            image/stream.zlib.zip image/stream.zlib.tar image/bridge.iso image/udf.img image/udf.img.zip
            image/udf.img.zip.tar image/section.one image/section.one.zip image/section.one.zip.tar
            image/section-in-section.one image/streams.zlib image/before-noise.dmg image/behind-noise.img
            image/map-behind-noise.img image/behind-noise.dmg image/cut-extra.zip
            """, .infected(hidden)
        ),
        ("image/decmpfs-unknown.img image/unknown.dmg image/server-section.one", .unscannable("unsupported-method")),
        ("image/unknown-partition.img", .unscannable("unsupported-container")),
        ("image/overlapping.dmg", .unscannable("malformed")),
        ("image/cut-stream.zlib image/cut-section.one", .unscannable("truncated")),
        (
            """
            image/innocent.dmg image/innocent.img image/innocent-bridge.iso image/innocent.one
            image/innocent-streams.zlib image/innocent-cut-extra.zip image/like-a-stream.bin
            """, .clean
        ),
    ]
}
