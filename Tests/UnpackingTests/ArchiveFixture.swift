import Unpacking

/// The result of unpacking a container completely.
struct ArchiveFixture {
    struct ReadMember {
        let member: Member
        var bytes: [UInt8] = []
        var error: UnpackingError?

        /// Whether it is a file or a stream, or has bytes although its mode is that of something else.
        var holdsContent: Bool {
            member.holdsData && (member.size != nil || member.name.isEmpty || !bytes.isEmpty)
        }
    }

    private(set) var members: [ReadMember] = []
    /// The error that ended the reading before the container's end.
    private(set) var error: UnpackingError?
    private(set) var trailingBytes: Int64?

    /// - Parameter form: detected if it is nil.
    init(_ file: MemoryFile, form: ContainerForm? = nil, limit: Int64 = 1 << 24) {
        do throws(UnpackingError) {
            guard let form = form ?? ContainerForm(descriptor: file.descriptor) else {
                throw UnpackingError(.method, "no container")
            }
            var archive = try Archive(descriptor: file.descriptor, size: file.size, form: form)
            while let member = try archive.next() {
                var read = ReadMember(member: member)
                do throws(UnpackingError) {
                    let scratch = MemoryFile()
                    let count = try archive.unpack(into: scratch.descriptor, limit: limit)
                    read.bytes = scratch.bytes
                    precondition(count == read.bytes.count)
                } catch {
                    read.error = error
                }
                members.append(read)
            }
            trailingBytes = archive.trailingBytes
        } catch {
            self.error = error
        }
    }

    /// The first error, whether of a member or of the container.
    var firstError: UnpackingError? { members.lazy.compactMap(\.error).first ?? error }
    /// The bytes of the members that were completely unpacked.
    var contents: [[UInt8]] { members.filter { $0.holdsContent && $0.error == nil }.map(\.bytes) }
}
