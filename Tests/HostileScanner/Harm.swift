import CHostile
import CShims
import Glibc
import ScanProtocol

/// What a child may do to itself and to what it can reach: crashes, hangs, and resource bombs.
enum Harm: String {
    case segfault, abort, exit, loop, deaf = "deaf-loop", memory, descriptors, stop, silent
    case scratchFill = "scratch-fill"
    case scratchHidden = "scratch-hidden"
    case scratchFiles = "scratch-files"
    case scratchDepth = "scratch-depth"
    case scratchLock = "scratch-lock"
    case closeSocket = "close-socket"
    case forkBomb = "fork-bomb"
    case writeSpool = "write-spool"

    /// - Returns: a packet to send, or nil for the usual reply, if the harm leaves the child alive.
    func perform(_ script: Script, _ question: Question) -> [UInt8]? {
        switch self {
        case .segfault:
            UnsafeMutablePointer<UInt8>(bitPattern: 16)!.pointee = 1
        case .abort:
            Glibc.abort()
        case .exit:
            _exit(CInt(script.words.first ?? "") ?? 0)
        case .loop:
            spin()
        case .deaf:
            var all = sigset_t()
            sigfillset(&all)
            sigprocmask(SIG_BLOCK, &all, nil)
            spin()
        case .memory:
            fillMemory()
        case .descriptors:
            while dup(Question.socket) >= 0 {}
            return nil
        case .stop:
            _ = kill(getpid(), SIGSTOP)
            spin()
        case .silent:
            // Nothing will arrive: the worker sends no second request before the first is answered.
            waitForever()
        case .scratchFill:
            fill()
        case .scratchHidden:
            fill(isHidden: true)
        case .scratchFiles:
            var number = 0
            while make("\(scratch)/\(number)") { number += 1 }
            spin()
        case .scratchDepth:
            var path = scratch
            repeat { path += "/d" } while mkdir(path, 0o700) == 0
            _exit(2)
        case .scratchLock:
            let folder = "\(scratch)/locked"
            _ = mkdir(folder, 0o700)
            _ = make("\(folder)/within")
            _ = chmod(folder, 0)
            _exit(2)
        case .closeSocket:
            close(Question.socket)
            spin()
        case .forkBomb:
            // Bounded, in case the machine allows it; each lives until its parent dies.
            for _ in 0..<64 where hostile_call(Int(SYS_fork), 0, 0, 0, 0, 0, 0) == 0 {
                _ = lz_die_with_parent(SIGKILL)
                spin()
            }
            spin()
        case .writeSpool:
            let bytes = [UInt8](repeating: 0x41, count: 4096)
            _ = pwrite(question.descriptor, bytes, bytes.count, 0)
            _ = ftruncate(question.descriptor, 0)
            return nil
        }
        return nil
    }
}

private func spin() -> Never {
    while true {}
}

private func waitForever() -> Never {
    var room = [UInt8](repeating: 0, count: 64)
    var descriptor: CInt = -1
    while true {
        _ = room.withUnsafeMutableBytes { lz_receive(Question.socket, $0.baseAddress, $0.count, &descriptor) }
    }
}

/// Allocates memory and writes to every page until none is left, then aborts.
private func fillMemory() -> Never {
    let step = 16 << 20
    while true {
        let room = malloc(step)
        guard let room else { abort() }
        memset(room, 1, step)
    }
}

/// The child's scratch folder, which is its working directory.
private let scratch = "."

private func make(_ path: String) -> Bool {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
}

/// Writes file after file, each until it takes no more.
///
/// - Parameter isHidden: the files are unlinked before they grow, and stay open.
private func fill(isHidden: Bool = false) -> Never {
    let block = [UInt8](repeating: 0x58, count: 1 << 20)
    for number in 0... {
        let path = "\(scratch)/\(number)"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { break }
        if isHidden { unlink(path) }
        while write(descriptor, block, block.count) > 0 {}
        if !isHidden { close(descriptor) }
    }
    spin()
}
