// Awaiting a child's end beside other descriptors.
#pragma once

// A descriptor that becomes readable when the child ends, closed on exec; -1 and errno on failure.
int lz_process_end(int process);
