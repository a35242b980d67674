"""Runs a program on a terminal of its own, and writes all that it shows there to standard output.

    terminal.py COLUMNS PROGRAM ARGUMENT...

Ends as the program does. A program that is still there after 60 seconds is killed.
"""

import fcntl
import os
import pty
import signal
import struct
import sys
import termios


def main() -> int:
    columns, *command = sys.argv[1:]
    child, terminal = pty.fork()
    if child == 0:
        fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))
        os.execv(command[0], command)
    signal.signal(signal.SIGALRM, lambda *_: os.kill(child, signal.SIGKILL))
    signal.alarm(60)
    while True:
        try:
            shown = os.read(terminal, 65536)
        except OSError:  # EIO: nobody holds the terminal's other side any more.
            break
        if not shown:
            break
        os.write(1, shown)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


sys.exit(main())
