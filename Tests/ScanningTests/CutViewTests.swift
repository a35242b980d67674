import Domain
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// A reader that stops behind the first of several streams gets a file that ends anywhere. What is cut off there is no
/// damage, since another part holds the whole.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct CutViewTests {
    private static let script = """
        import base64, bz2, gzip, hashlib, io, lzma, re, struct, tarfile, zipfile, zlib
        pack = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress}

        def tar(*members):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as archive:
                for number, body in enumerate(members):
                    entry = tarfile.TarInfo(f"member-{number}")
                    entry.size = len(body)
                    archive.addfile(entry, io.BytesIO(body))
            return out.getvalue()

        def zipped(body):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("member", body)
            return out.getvalue()

        def streams(form, whole, place):
            return pack[form](whole[:place]) + pack[form](whole[place:])

        def two_members():
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("member", words)
                archive.writestr("second", digits)
                second = archive.infolist()[1].header_offset
            start = archive.start_dir
            return out.getvalue()[:start], second, out.getvalue()[start:]

        def directory(count, place=None):
            # Of the first members, with the end record, at a place.
            members, _, whole = two_members()
            ends = [m.start() for m in re.finditer(b"PK\\1\\2|PK\\5\\6", whole)]
            entries = whole[:ends[count]]
            place = len(members) if place is None else place
            return entries + struct.pack("<4s4H2LH", b"PK\\5\\6", 0, 0, count, count, len(entries), place, 0)

        def ended(directory, mark):
            # Both members, the second one behind another mark.
            members, second, _ = two_members()
            return members[:second] + mark + members[second + 4:] + directory

        words = bytes((number * number) & 255 for number in range(5000))
        noise = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(48))
        digits = noise.hex().encode()

        """

    private static func verdict(of expression: String, _ fixture: ScannerFixture) async throws -> Verdict {
        let bytes = try python(script + "sys.stdout.buffer.write(\(expression))\n", input: eicar)
        return Verdict(of: try await fixture.scan(bytes).findings)
    }

    @Test(arguments: ["gzip", "bzip2", "xz"])
    func `a cut member is matched as far as it goes`(form: String) async throws {
        let fixture = try await ScannerFixture()
        for (expression, expected) in [
            ("streams('\(form)', tar(words, zipped(words), words), 2000)", Verdict.clean),
            ("streams('\(form)', tar(words, zipped(words), words), 7000)", .clean),
            ("streams('\(form)', zipped(words), 200)", .clean),
            ("streams('\(form)', tar(words, words + data + words), 7000)", .infected),
            ("streams('\(form)', tar(words, zipped(words), data), 7000)", .infected),
            ("pack['\(form)'](tar(data + words)[:2000]) + pack['\(form)'](words)", .infected),
        ] {
            #expect(try await Self.verdict(of: expression, fixture) == expected, "\(expression)")
        }
        _ = await fixture.scanners.stop()
    }

    /// Sectors of OLE2 and records of a workbook cut a ZIP apart. What readers take out of the pieces is inspected.
    @Test func `an entry in its place in a ZIP that is cut apart is inspected`() async throws {
        let fixture = try await ScannerFixture()
        let cut = """
            def apart(head, last):
                file = io.BytesIO()
                with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
                    for name, body in (("a", words), ("b", words[::-1]), ("c", last)): archive.writestr(name, body)
                body = file.getvalue()
                return head + body[:40] + bytes(16) + body[40:]
            ole2 = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504)
            workbook = bytes.fromhex("09081000000605000000000000000000")
            """
        for (head, last, expected) in [
            ("workbook", "words", Verdict.clean), ("workbook", "words + data", .infected),
            ("ole2", "words + data", .infected), ("b'words'", "words", .unscannable),
        ] {
            let bytes = try python(
                "\(Self.script)\(cut)\nsys.stdout.buffer.write(apart(\(head), \(last)))\n", input: eicar)
            let report = try await fixture.scan(bytes)
            #expect(Verdict(of: report.findings) == expected, "\(head), \(last): \(report.findings)")
        }
        _ = await fixture.scanners.stop()
    }

    /// Readers write what they decoded before they report the damage.
    @Test(arguments: ["packed[:-9]", "packed[:-4] + bytes(4)", "packed[:-300] + noise[:90]", "packed[:-300] + packed"])
    func `a damaged zlib stream is not taken for unknown bytes`(damage: String) async throws {
        let fixture = try await ScannerFixture()
        let stream = "(lambda packed: \(damage))(zlib.compress(digits[:900] + data + digits[900:]))"
        // A whole stream behind the damaged one is opened.
        let expected: Verdict = damage.hasSuffix("+ packed") ? .infected : .unscannable
        #expect(try await Self.verdict(of: stream, fixture) == expected, "\(damage)")
        let text = "b'Some words.\\n\\n' + base64.encodebytes(\(stream)) + b'\\nThe end.\\n'"
        #expect(try await Self.verdict(of: text, fixture) == .infected, "\(damage)")
        _ = await fixture.scanners.stop()
    }

    /// GNU cpio and GNU tar mind neither a name without its zero, nor fields of the header that are no numbers.
    @Test(arguments: [
        "b'070701' + b'%08X' * 13 % (1, 0o100644, 0, 0, 1, 0, len(body), 0, 0, 0, 0, 4, 0) + b'name' + b'..' + body",
        "b'070701' + b'%08X' * 3 % (1, 0o100644, 0) + b'-1      ' + b'%08X' * 9 % (1, 0, len(body), 0, 0, 0, 0, 5, 0)"
            + " + b'name\\0\\0' + body",
        "b'070707' + b'%06o' * 7 % (0, 1, 0o100644, 0, 0, 1, 0) + b'%011o%06o%011o' % (0, 4, len(body)) + b'name' + body",
        "(lambda h: h[:148] + b'%06o  ' % (sum(h[:148]) + sum(h[156:]) + 256) + h[156:])"
            + "(b'name'.ljust(124, b' ') + b'%011o ' % len(body) + b'x' * 376) + body",
    ]) func `what follows a header that may be digits of a table is inspected`(archive: String) async throws {
        let fixture = try await ScannerFixture()
        for before in ["b''", "b'words ' * 512", "noise[:512]"] {
            let expression = "\(before) + (lambda body: \(archive))(zlib.compress(digits + data)) + bytes(700)"
            // A cpio at the start that ends early is damaged.
            let expected: [Verdict] = before == "b''" ? [.infected, .unscannable] : [.infected]
            #expect(expected.contains(try await Self.verdict(of: expression, fixture)), "\(expression)")
        }
        _ = await fixture.scanners.stop()
    }

    /// A ZIP with its end record is no piece of another file: readers that stop behind it, and look for no mark before
    /// a member, take both members out. The directory of the whole has the first member alone.
    @Test(arguments: ["", " + b'\\0'"])
    func `damage in a first stream that has its own end is a limit`(behind: String) async throws {
        let fixture = try await ScannerFixture()
        let first = "ended(directory(2), b'PK\\3\\0')\(behind)"
        for form in ["gzip", "bzip2", "xz"] {
            let expression = "pack['\(form)'](\(first)) + pack['\(form)'](directory(1, len(\(first))))"
            #expect(try await Self.verdict(of: expression, fixture) == .unscannable, "\(expression)")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `damage in the whole stays a limit, and so does that of the same bytes as a file`() async throws {
        let fixture = try await ScannerFixture()
        for expression in [
            "streams('gzip', tar(words, words)[:7000], 2000)",
            "streams('gzip', zipped(words)[:-30], 200)",
            "tar(streams('gzip', zipped(words), 200), zipped(words)[:200])",
            "tar(zipped(words)[:200], streams('gzip', zipped(words), 200))",
            "tar(streams('gzip', tar(zipped(words)), 700), zipped(words)[:188])",
            "tar(streams('gzip', tar(pack['xz'](noise)), 700), pack['xz'](noise)[:188])",
            "tar(b'Words.\\n\\n' + base64.encodebytes(zlib.compress(noise)[:-90]), zlib.compress(noise)[:-90])",
        ] {
            #expect(try await Self.verdict(of: expression, fixture) == .unscannable, "\(expression)")
        }
        _ = await fixture.scanners.stop()
    }
}
