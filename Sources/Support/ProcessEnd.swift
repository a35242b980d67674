internal import Glibc

/// Ends the process without the exit handlers of the libraries (exit(3), `_exit(2)`).
///
/// Threads of the pool and of the HTTP loops may still be running, and OpenSSL's handler frees the locks that they use:
/// a worker that has done its work would end by a signal. Nothing here needs a handler: what is written is written
/// without a buffer.
package func endProcess(_ status: CInt) -> Never { _exit(status) }
