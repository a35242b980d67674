internal import CShims
internal import Glibc

/// Who is at work here, for the audit trail: `anna@station`. The name is that of the login where there is one, so that
/// `sudo` hides nobody.
func actorName() -> String {
    var room = [CChar](repeating: 0, count: 256)
    unsafe lz_login_name(&room, room.count)
    let name = text(room)
    let isNamed = unsafe gethostname(&room, room.count - 1) == 0
    return isNamed ? "\(name)@\(text(room))" : name
}

private func text(_ room: [CChar]) -> String {
    String(decoding: room.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
}
