#pragma once

// A watch over the processor time that one step takes without any progress: a call of a C library that may loop over
// hostile bytes and that cannot be interrupted. A step that is out of time ends the process with its exit code, since
// the library's state is then unknown. Everything here is for a process with one thread.

// Starts the clock of this process: one tick for `interval` microseconds of its processor time. Returns -1 and sets
// errno if the clock cannot be started. Without a clock, no step runs out of time.
int lz_watch_start(long interval);

// Allows all work from now on as many ticks, whatever progress it makes. An exit code of 0 removes the bound.
void lz_work_limit(int exit_code, int ticks);

// A step as it was before another one began within it.
struct lz_step {
    int exit_code;
    int ticks;
};

// Begins a step that may take `ticks` ticks. Returns the step that it interrupts.
struct lz_step lz_step_begin(int exit_code, int ticks);

// Gives the current step as many ticks again.
void lz_step_renew(int ticks);

// Ends the step, continues the one that it interrupted, and returns the ticks that it did not use.
int lz_step_end(struct lz_step interrupted);
