internal import Glibc

extension FormFinder {
    private static let blockLength = 1 << 20
    /// The longest distance from a form's start to the end of its magic number.
    private static let longestReach: Int64 = 512
    /// How many magic numbers without a valid header are looked at: each costs a read.
    private static let maximumCandidates = 20_000

    /// A magic number that may stand anywhere.
    private struct Mark: Sendable {
        let form: ContainerForm
        let bytes: [UInt8]
        /// The magic number's offset in the form.
        var offset = 0
        /// Whether the bytes around the magic number, at a place of a block, can be a header; true if the block has too
        /// few. A short magic number needs it: a read for each of its places would cost too much.
        var isPlausible: @Sendable (ArraySlice<UInt8>, Int) -> Bool = { _, _ in true }
        /// The index of two of its bytes that are rare.
        var anchor = 0

        init(_ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0, anchor: Int = 0) {
            (self.form, self.bytes, self.offset, self.anchor) = (form, bytes, offset, anchor)
        }

        init(
            _ form: ContainerForm, _ bytes: [UInt8], at offset: Int = 0,
            isPlausible: @escaping @Sendable (ArraySlice<UInt8>, Int) -> Bool
        ) {
            self.init(form, bytes, at: offset)
            self.isPlausible = isPlausible
        }

        init(_ form: ContainerForm, _ text: String, at offset: Int = 0) {
            self.init(form, Array(text.utf8), at: offset)
        }
    }

    /// Forms that ordinary software finds behind other bytes: self-extractors of every archiver, AppImage, what GNU tar
    /// and GNU cpio skip to, and what 7-Zip searches a file of an unknown ending for.
    private static let marks: [Mark] = [
        Mark(.sevenZip, [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C]),
        Mark(.zip, [0x50, 0x4B, 3, 4]),
        Mark(.rar, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 0]),
        Mark(.rar5, [0x52, 0x61, 0x72, 0x21, 0x1A, 7, 1, 0]),
        Mark(.cab, "MSCF"),
        Mark(.squashfs, "hsqs"),
        Mark(.lha, "-lh", at: 2),
        Mark(.lha, "-lz", at: 2),
        Mark(.arj, [0x60, 0xEA]),
        Mark(.ace, "**ACE**", at: 7),
        Mark(.zoo, [0xDC, 0xA7, 0xC4, 0xFD], at: 20),
        Mark(.stuffIt, "StuffIt (c)1997-"),
        Mark(.stuffIt, "rLau", at: 10),
        Mark(.xar, [0x78, 0x61, 0x72, 0x21, 0, 0x1C, 0, 1]),
        Mark(.wim, "MSWIM\0\0\0"),
        Mark(.cpio, "070701"),
        Mark(.cpio, "070702"),
        Mark(.cpio, "070707"),
        Mark(.tar, "ustar", at: 257),
        // Readers find the trailer of a disk image before other bytes as well.
        Mark(.dmg, "koly\0\0\0\u{4}\0\0\u{2}\0"),
        Mark(.hfs, "H+\0", at: 1024),
        Mark(.hfs, "HX\0", at: 1024),
        Mark(.nsis, NSISHeader.mark, at: NSISHeader.markOffset),
        Mark(.cpio, [0xC7, 0x71]) { EmbeddedHeader.isBinaryCpio($0, $1, isSwapped: false) },
        Mark(.cpio, [0x71, 0xC7]) { EmbeddedHeader.isBinaryCpio($0, $1, isSwapped: true) },
        Mark(.ar, "!<arch>\n"),
        Mark(.rpm, [0xED, 0xAB, 0xEE, 0xDB]),
        Mark(.gzip, [0x1F, 0x8B, 8]),
        Mark(.bzip2, "BZh"),
        Mark(.xz, [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0]),
        Mark(.zstd, [0x28, 0xB5, 0x2F, 0xFD]),
        Mark(.lzma, [0x5D, 0, 0]),
        Mark(.arc, [0x1A, 1], isPlausible: isARC),
        Mark(.arc, [0x1A, 2], isPlausible: isARC),
        Mark(.arc, [0x1A, 3], isPlausible: isARC),
        Mark(.arc, [0x1A, 4], isPlausible: isARC),
        Mark(.arc, [0x1A, 5], isPlausible: isARC),
        Mark(.arc, [0x1A, 6], isPlausible: isARC),
        Mark(.arc, [0x1A, 7], isPlausible: isARC),
        Mark(.arc, [0x1A, 8], isPlausible: isARC),
        Mark(.arc, [0x1A, 9], isPlausible: isARC),
        Mark(.fat, [0x55, 0xAA], at: 510, isPlausible: EmbeddedHeader.mayBeFAT),
        Mark(.ext, [0x53, 0xEF], at: 1080, isPlausible: EmbeddedHeader.mayBeExt),
        Mark(.ntfs, "NTFS    ", at: 3),
        Mark(.exfat, "EXFAT   ", at: 3),
        Mark(.apfs, "NXSB", at: 32),
        Mark(.iso, [1, 0x43, 0x44, 0x30, 0x30, 0x31, 1], at: 32768),
        Mark(.squashfs, "sqsh"),
        Mark(.vmdk, "KDMV"),
        Mark(.qcow, [0x51, 0x46, 0x49, 0xFB]),
        Mark(.vhd, "conectix"),
        Mark(.vhdx, "vhdxfile"),
        Mark(.vdi, [0x7F, 0x10, 0xDA, 0xBE], at: 64),
        Mark(.cramfs, [0x45, 0x3D, 0xCD, 0x28]),
        Mark(.virtualDisk, Array("EFI PART".utf8) + [0, 0, 1, 0, 0x5C, 0, 0, 0], at: 512),
        Mark(.pgpArmor, "BEGIN PGP ", at: 5),
        Mark(.encryptedFile, "BEGIN AGE ENCRYP", at: 5),
        Mark(.ole2, OLE2File.magic),
        Mark(.phar, PharOpener.mark),
        Mark(.matroskaAttachments, MatroskaAttachments.mark),
        Mark(.matroskaAttachments, MatroskaAttachments.tagsMark),
        Mark(.photoshop, PhotoshopObjects.thumbnailMarks[0]),
        Mark(.photoshop, PhotoshopObjects.thumbnailMarks[1]),
        Mark(.photoshop, PhotoshopObjects.linkedMark),
        Mark(.xmp, XMPPacket.marks[0]),
        Mark(.xmp, XMPPacket.marks[1]),
        Mark(.xmp, XMPPacket.marks[2]),
        Mark(.universalBinary, UniversalBinary.marks[0], isPlausible: UniversalBinary.isPlausible),
        Mark(.universalBinary, UniversalBinary.marks[1], isPlausible: UniversalBinary.isPlausible),
        Mark(.universalBinary, UniversalBinary.marks[2], isPlausible: UniversalBinary.isPlausible),
        Mark(.gResource, GResourceOpener.mark),
        Mark(.dicomDocument, DICOMDocument.mark),
        Mark(.textPatch, TextPatch.marks[0]),
        Mark(.textPatch, TextPatch.marks[1]),
        Mark(.textPatch, TextPatch.marks[2]),
        Mark(.textPatch, TextPatch.marks[3]),
        Mark(.innoSetup, "Inno Setup Setup Data ("),
        Mark(.innoSetup, "My Inno Setup Extensions Setup Data ("),
        Mark(.innoSetup, "i1.2.10--"),
        Mark(.installShield, "ISSetupStream\0"),
        Mark(.id3, ID3Objects.mark, isPlausible: ID3Objects.isPlausible),
        Mark(.flac, FLACPictures.mark, isPlausible: FLACPictures.isPlausible),
        Mark(.pyInstaller, PyInstallerOpener.mark),
        Mark(.apeTag, APEItems.mark),
        Mark(.gitPatch, GitPatchOpener.mark),
        Mark(.hereDocuments, HereDocuments.mark),
        Mark(.subversionRevision, SubversionRevision.marks[0], anchor: 3),
        Mark(.subversionRevision, SubversionRevision.marks[1], anchor: 3),
        Mark(.subversionRevision, SubversionRevision.marks[2], anchor: 3),
        Mark(.rtf, #"\objdata"#),
        Mark(.powerPointObject, PowerPointObjects.plainMark, anchor: 2),
        Mark(.powerPointObject, PowerPointObjects.compressedMark, anchor: 2),
    ]

    @Sendable private static func isARC(_ block: ArraySlice<UInt8>, _ mark: Int) -> Bool {
        EmbeddedHeader.isARCName(block[(mark + 2)...])
    }

    /// The compressed streams that 7-Zip searches for, and entries of a ZIP without a directory; it opens the first
    /// one that it finds. What follows one is searched by itself, so that data with thousands of small streams does
    /// not become as many layers.
    private static let streams: Set<ContainerForm> = [.gzip, .bzip2, .xz, .zstd, .lzma, .zip]
    private static let maximumStreams = 4

    /// For each pair of bytes, the number of the list of marks that have it at their anchor; 0 is the empty list.
    private static let marksByPair: (pairs: BytePairs, lists: [[Mark]]) = {
        var (pairs, lists) = (BytePairs(), [[Mark]()])
        for mark in marks {
            let (first, second) = (mark.bytes[mark.anchor], mark.bytes[mark.anchor + 1])
            if pairs[first, second] == 0 {
                pairs[first, second] = UInt8(lists.count)
                lists.append([])
            }
            lists[Int(pairs[first, second])].append(mark)
        }
        return (pairs, lists)
    }()

    /// Searches a part of a layer for forms with a valid header. Of forms that extend to the layer's end, only the
    /// first is returned: its reader goes on from there.
    ///
    /// - Parameters:
    ///   - zipEnd: the end of the last ZIP that its directory accounts for.
    ///   - form: the one to search for, or nil for all.
    /// - Throws: `.tooLarge` if there are more than `maximumSightings`, single streams apart.
    static func search(
        _ slice: FileSlice, in range: Range<Int64>, behind zipEnd: Int64, only form: ContainerForm? = nil
    ) throws(UnpackingError) -> [Sighting] {
        var found: [Sighting] = []
        var candidates = 0
        // The end of the last packet of XMP, whether it carries something or not.
        var packetEnd: Int64 = 0
        let isDICOM = try DICOMDocument.isFile(slice)
        // A text is searched for what XMP can carry as it is.
        let isMarkup = try slice.bytes(at: 0, count: 64).first { $0 > 0x20 && $0 < 0x7F } == 0x3C
        var offset = range.lowerBound
        let end = min(range.upperBound, slice.size)
        while offset < end {
            let block = try slice.bytes(at: offset, count: Int(min(Int64(blockLength), end - offset)))
            for (position, mark) in hits(in: block) {
                let start = offset + Int64(position - mark.offset)
                guard form == nil || mark.form == form, start >= range.lowerBound,
                    mark.form != .dicomDocument || isDICOM,
                    mark.form != .xmp || !isMarkup && start >= packetEnd, mark.isPlausible(block[...], position),
                    mayBeAnother(mark.form, at: start, found), mark.form != .zip || start >= zipEnd
                else { continue }
                candidates += 1
                guard candidates <= maximumCandidates else {
                    throw UnpackingError(.tooLarge, "more than \(maximumCandidates) magic numbers in a file")
                }
                guard let length = try EmbeddedHeader.length(of: mark.form, in: slice, at: start) else { continue }
                if mark.form == .xmp {
                    packetEnd = start + length
                    // Its own bytes are matched with the layer. Many files have thousands of packets.
                    guard try EncodedRuns.areIn(slice[start..<packetEnd]) else { continue }
                }
                let first = mark.form == .dmg ? 0 : start
                let end = min(slice.size, start + length)
                found.append(Sighting(mark.form, first..<end, mayBePiece: streams.contains(mark.form)))
                guard found.count(where: { !$0.mayBePiece }) <= maximumSightings else {
                    throw UnpackingError(.tooLarge, "more than \(maximumSightings) containers behind one another")
                }
            }
            let hasTar = form != nil || found.contains { $0.form == .tar }
            if !hasTar, let start = oldTar(in: block, at: offset, from: range.lowerBound) {
                found.append(Sighting(.tar, start..<slice.size))
            }
            guard offset + Int64(block.count) < end else { break }
            // A mark may begin in this block and end in the next one.
            offset += Int64(max(1, block.count - 512))
        }
        return found
    }

    /// Whether a form at an offset would be seen for the first time: no sighting of the same form contains it. Of
    /// single streams, only the first ones are looked at.
    private static func mayBeAnother(_ form: ContainerForm, at offset: Int64, _ found: [Sighting]) -> Bool {
        let same = found.lazy.filter { $0.form == form }
        return streams.contains(form)
            ? same.count < maximumStreams : !same.contains { $0.range.contains(offset) }
    }

    /// The offset of a tar header without a magic number. GNU tar skips whole blocks until its sum is right.
    private static func oldTar(in block: [UInt8], at offset: Int64, from lowerBound: Int64) -> Int64? {
        var place = Int((512 - offset % 512) % 512)
        while place + 512 <= block.count {
            defer { place += 512 }
            guard block[place] != 0, (0x30...0x37).contains(block[place + 150]), offset + Int64(place) >= lowerBound
            else {
                continue
            }
            if FileStart(bytes: Array(block[place..<place + 512])).isOldTar { return offset + Int64(place) }
        }
        return nil
    }

    private static func hits(in block: [UInt8]) -> [(position: Int, mark: Mark)] {
        var hits: [(position: Int, mark: Mark)] = []
        let (pairs, lists) = marksByPair
        unsafe block.withUnsafeBufferPointer { bytes in
            var index = 0
            while let (place, number) = unsafe pairs.next(in: bytes, from: index, before: bytes.count) {
                index = place + 1
                for mark in lists[Int(number)] {
                    let start = place - mark.anchor
                    guard start >= 0, start + mark.bytes.count <= bytes.count else { continue }
                    if unsafe memcmp(bytes.baseAddress! + start, mark.bytes, mark.bytes.count) == 0 {
                        hits.append((start, mark))
                    }
                }
            }
        }
        return hits
    }
}
