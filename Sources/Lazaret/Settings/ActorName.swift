internal import CShims
internal import Glibc

/// The default actor of audit entries, such as `anna@station`. Uses the login name if there is one, so that `sudo` does
/// not hide the person.
func actorName() -> String {
    var buffer = [CChar](repeating: 0, count: 256)
    unsafe lz_login_name(&buffer, buffer.count)
    let name = text(buffer)
    let hasHost = unsafe gethostname(&buffer, buffer.count - 1) == 0
    return hasHost ? "\(name)@\(text(buffer))" : name
}

private func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
