#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

static const int crashes[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT};
enum { CRASHES = sizeof crashes / sizeof *crashes, STACK_BYTES = 1 << 16 };

static struct sigaction before[CRASHES];

// What is written, and where, if the thread crashes; no bytes: nothing.
static __thread struct {
    const char *path;
    const void *bytes;
    size_t count;
} note;

// Runs in the middle of anything: calls only what is safe there, and takes no memory and no lock.
static void on_crash(int number, siginfo_t *info, void *context) {
    (void)context;
    int error = errno;
    // What somebody else has sent is no crash.
    int is_own = info->si_code > 0 || (info->si_code == SI_TKILL && info->si_pid == getpid());
    if (is_own && note.bytes) {
        int file = open(note.path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (file >= 0) {
            // A part of it counts for nothing, and there is nobody to tell.
            ssize_t written = write(file, note.bytes, note.count);
            (void)written;
            close(file);
        }
        note.bytes = NULL;
    }
    for (int i = 0; i < CRASHES; i++) {
        if (crashes[i] == number) sigaction(number, &before[i], NULL);
    }
    errno = error;
    // A fault comes again by itself, for whoever was there before; anything else is sent again.
    if (info->si_code <= 0 || number == SIGTRAP) raise(number);
}

static void watch(void) {
    struct sigaction action = {.sa_sigaction = on_crash, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASHES; i++) sigaction(crashes[i], &action, &before[i]);
}

void plc_crash_watch(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, watch);
}

void plc_crash_note(const char *path, const void *bytes, size_t count) {
    note.bytes = NULL;
    atomic_signal_fence(memory_order_seq_cst);
    note.path = path;
    note.count = count;
    atomic_signal_fence(memory_order_seq_cst);
    note.bytes = bytes;
}

void *plc_crash_stack(void) {
    stack_t present;
    if (sigaltstack(NULL, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return NULL;
    void *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return NULL;
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_BYTES};
    if (sigaltstack(&stack, NULL) == 0) return memory;
    munmap(memory, STACK_BYTES);
    return NULL;
}

void plc_crash_stack_end(void *memory) {
    if (!memory) return;
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(memory, STACK_BYTES);
}
