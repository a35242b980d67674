// Waits for a child's end together with other descriptors.
#pragma once

// Returns a descriptor that becomes readable when the child ends (pidfd_open(2), close-on-exec), or -1 and sets errno.
int lz_process_end(int process);
