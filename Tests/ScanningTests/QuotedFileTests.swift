import Domain
import Inspection
import Judging
import ScannerTestKit
import TestKit
import Testing

/// Texts that quote the first bytes of a file as an address: what is missing is missing for every reader, and the rest
/// is inspected.
@Suite(.heavy, .timeLimit(.minutes(2)))
struct QuotedFileTests {
    private static let script = """
        import base64, bz2, gzip, hashlib, io, lzma, zipfile, zlib

        words = b" ".join(hashlib.sha256(bytes([number])).hexdigest().encode() for number in range(99))
        noise = b"".join(hashlib.sha256(b"%d" % number).digest() for number in range(900))

        def zipped(body):
            out = io.BytesIO()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                archive.writestr("member", body)
            return out.getvalue()

        def pdf(body):
            packed = zlib.compress(body)
            return b"%%PDF-1.4\\n1 0 obj\\n<</Type/Catalog>>\\nendobj\\n2 0 obj\\n<</Length %d/Filter/FlateDecode>>stream\\n" % len(
                packed) + packed + b"\\nendstream\\nendobj\\ntrailer\\n<</Root 1 0 R>>\\n%%EOF\\n"

        pack = {"gzip": gzip.compress, "bzip2": bz2.compress, "xz": lzma.compress, "zlib": zlib.compress, "zip": zipped, "pdf": pdf}

        def streamed(*bodies):
            class Pipe(io.BytesIO):
                def seekable(self):
                    return False

            out = Pipe()
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
                for number, body in enumerate(bodies):
                    archive.writestr("member-%d" % number, body)
            return out.getvalue()

        def quoted(body):
            return "data:a/b;base64," + base64.b64encode(body).decode() + "..."

        def cut(form, body, length):
            return base64.b64encode(pack[form](body)[:length]).decode().rstrip("=")

        """

    private static func verdict(of expression: String, _ fixture: ScannerFixture) async throws -> Verdict {
        let bytes = try python(script + "sys.stdout.buffer.write((\(expression)).encode())\n", input: eicar)
        return Verdict(of: try await fixture.scan(bytes).findings)
    }

    @Test(arguments: ["gzip", "bzip2", "xz", "zlib", "zip", "pdf"])
    func `a quoted file is inspected as far as it goes`(form: String) async throws {
        let fixture = try await ScannerFixture()
        for (expression, expected) in [
            (#"'See <a href="data:,x">' + "data:a/b;base64," + cut(form, words, 60) + " there.""#, Verdict.clean),
            (#"'{"body": "data:a/b;base64,' + cut(form, words, 300) + '..."}'"#, .clean),
            (#"'{"body": "data:a/b;base64,' + cut(form, words, 300) + '\\u2026"}'"#, .clean),
            (#"'`data:a/b;base64,' + cut(form, words, 1200) + '\u2026` and so on'"#, .clean),
            (#"'GET data:a/b;base64,' + cut(form, words, 1200) + ' [...] 200'"#, .clean),
            (#"'{"content": "' + cut(form, words, 1200) + '... (truncated)"}'"#, .clean),
            (#"'GET data:a/b;base64,' + cut(form, words, 1200) + ' 200'"#, .unscannable),
            (#"'GET data:a/b;base64,' + cut(form, data + words, 1200) + '... 200'"#, .infected),
            (#"'GET data:a/b;base64,' + cut(form, data + noise, 20000) + '... 200'"#, .infected),
            (#"'GET data:a/b;base64,' + cut(form, noise, 20000) + '... 200'"#, .unscannable),
        ] {
            // The block of bzip2 is decoded as a whole.
            if form == "bzip2", expected == .infected { continue }
            let named = expression.replacing("form", with: "'\(form)'")
            #expect(try await Self.verdict(of: named, fixture) == expected, "\(named)")
        }
        _ = await fixture.scanners.stop()
    }

    @Test func `a quotation hides no file that is whole`() async throws {
        let fixture = try await ScannerFixture()
        for (expression, expected) in [
            ("quoted(zipped(data))", Verdict.infected), ("quoted(gzip.compress(data))", .infected),
            // Readers find members behind a cut.
            ("quoted(streamed(words, data)[:-90])", .unscannable),
            ("quoted(b'Rar!\\x1a\\7\\1\\0' + noise[:300])", .unscannable),
            ("quoted(b'7z\\xbc\\xaf\\x27\\x1c\\0\\4' + bytes(4) + noise[:300])", .unscannable),
            // A member that some readers do not see.
            ("quoted(zipped(words) + zipped(words)[9:])", .unscannable),
            ("quoted(zipped(zipped(words)[:900]))", .unscannable),
            ("quoted(gzip.compress(streamed(words, data)[:-90]))", .unscannable),
            ("quoted(gzip.compress(streamed(words, data)[:-90])[:-8])", .unscannable),
            (#"'data:a/b,' + ''.join('%%%02x' % b for b in gzip.compress(words)[:900]) + '...'"#, .unscannable),
        ] {
            #expect(try await Self.verdict(of: expression, fixture) == expected, "\(expression)")
        }
        _ = await fixture.scanners.stop()
    }
}
