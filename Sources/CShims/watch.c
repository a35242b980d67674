#include "watch.h"

#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

// 0 outside all steps.
static volatile sig_atomic_t current_exit_code;
static volatile sig_atomic_t ticks_left;

// 0 without a bound on all work.
static volatile sig_atomic_t work_exit_code;
static volatile sig_atomic_t work_ticks_left;

static void tick(int number) {
    (void)number;
    if (work_exit_code != 0) {
        work_ticks_left = work_ticks_left - 1;
        if (work_ticks_left <= 0) _exit(work_exit_code);
    }
    if (current_exit_code == 0) return;
    ticks_left = ticks_left - 1;
    if (ticks_left <= 0) _exit(current_exit_code);
}

int lz_watch_start(long interval) {
    struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGPROF, &action, NULL) != 0) return -1;
    struct itimerval timer = {
        .it_interval = {.tv_sec = interval / 1000000, .tv_usec = interval % 1000000},
        .it_value = {.tv_sec = interval / 1000000, .tv_usec = interval % 1000000},
    };
    return setitimer(ITIMER_PROF, &timer, NULL);
}

void lz_work_limit(int exit_code, int ticks) {
    work_exit_code = 0;
    work_ticks_left = ticks;
    work_exit_code = exit_code;
}

struct lz_step lz_step_begin(int exit_code, int ticks) {
    struct lz_step interrupted = {.exit_code = current_exit_code, .ticks = ticks_left};
    current_exit_code = 0;
    ticks_left = ticks;
    current_exit_code = exit_code;
    return interrupted;
}

void lz_step_renew(int ticks) { ticks_left = ticks; }

int lz_step_end(struct lz_step interrupted) {
    current_exit_code = 0;
    int left = ticks_left;
    ticks_left = interrupted.ticks;
    current_exit_code = interrupted.exit_code;
    return left;
}
