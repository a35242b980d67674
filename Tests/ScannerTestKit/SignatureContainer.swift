internal import TestKit

/// An unsigned database in ClamAV's container (`.cud`): a header of 512 bytes, and a compressed tar whose first member
/// lists the others.
package enum SignatureContainer {
    /// - Parameter files: the members, by name.
    package static func file(of files: [String: String], signatures count: Int) throws -> [UInt8] {
        let members = files.sorted { $0.key < $1.key }.map { "\($0.key)\n\($0.value)" }.joined(separator: "\0")
        return try python(
            """
            import hashlib, tarfile
            members = [member.split(b'\\n', 1) for member in data.split(b'\\0')]
            def head(md5):
                return f'ClamAV-VDB:01 Jan 2026 00-00 +0000:7:\(count):90:{md5}:X:tester:1767225600'
            lines = [f'{name.decode()}:{len(text)}:{hashlib.sha256(text).hexdigest()}' for name, text in members]
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode='w:gz') as archive:
                for name, text in [(b'own.info', '\\n'.join([head('X')] + lines + ['']).encode())] + members:
                    entry = tarfile.TarInfo(name.decode())
                    entry.size = len(text)
                    archive.addfile(entry, io.BytesIO(text))
            body = out.getvalue()
            sys.stdout.buffer.write(head(hashlib.md5(body).hexdigest()).ljust(512).encode() + body)
            """, input: Array(members.utf8))
    }
}
