// A library that is loaded before the C library (LD_PRELOAD) and makes one call to the disk go wrong.
//
// Why not `strace -e inject=…:when=N`: strace counts for each thread apart, so that with a main thread and a store
// thread most points are never reached. Here one counter, in a file that is mapped, counts all threads, and all processes
// of a workload one after another. The scripts hold its count against strace's, so that no call is overlooked.
//
// Only calls about files below `root` count. Plain C, no locks, no allocation: it runs inside others' threads.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/un.h>
#include <unistd.h>

// Kept in step with `shim.py`.
enum call { WRITE, SYNC, TRUNCATE, RENAME, UNLINK, CREATE, MKDIR, OPEN, READ };
enum action { COUNT, KILL, TEAR, FAIL_ONCE, FAIL_ON, LIE };

struct state {
    uint64_t seen;          // calls counted
    uint64_t at;            // the call, from 1, that goes wrong; 0 is none
    uint64_t acted;         // the call that did
    int64_t prefix;         // TEAR: so many bytes are written; -1 is all but one
    uint32_t classes;       // which calls count, a bit each
    uint32_t action;
    uint32_t error;         // FAIL: errno
    uint32_t acted_call;
    char root[256];
    char acted_path[256];
    uint8_t calls[64 * 1024];  // the class of each counted call, from the first
};

static struct state *state;

__attribute__((constructor)) static void begin(void) {
    // A server must not outlive the script that started it, however that ended.
    if (getenv("PLC_FAULT_DIES")) prctl(PR_SET_PDEATHSIG, SIGKILL);
    const char *path = getenv("PLC_FAULT_STATE");
    if (!path) return;
    int file = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (file < 0) _exit(125);
    void *mapped = mmap(NULL, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    syscall(SYS_close, file);
    if (mapped == MAP_FAILED) _exit(125);
    state = mapped;
}

static int is_inside(const char *path) {
    size_t length = strlen(state->root);
    return strncmp(path, state->root, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int path_of(int file, char *path, size_t room) {
    char link[32] = "/proc/self/fd/";
    char digits[12];
    int n = 0, value = file;
    if (file < 0) return 0;
    do digits[n++] = '0' + value % 10; while (value /= 10);
    char *end = link + strlen(link);
    while (n) *end++ = digits[--n];
    *end = 0;
    ssize_t length = syscall(SYS_readlink, link, path, room - 1);
    if (length <= 0) return 0;
    path[length] = 0;
    return 1;
}

// What to do with a call: 0 let it pass, 1 tear it, 2 fail it with state->error, 3 pretend. Does not return from a kill.
static int judge(enum call call, const char *path) {
    if (!(state->classes & 1u << call) || !is_inside(path)) return 0;
    uint64_t n = __atomic_add_fetch(&state->seen, 1, __ATOMIC_SEQ_CST);
    if (n <= sizeof state->calls) state->calls[n - 1] = call;
    if (!state->at || n < state->at) return 0;
    if (n > state->at && state->action != FAIL_ON && state->action != LIE) return 0;
    if (state->action == COUNT || (state->action == LIE && call != SYNC)) return 0;
    if (!state->acted) {
        state->acted_call = call;
        strncpy(state->acted_path, path, sizeof state->acted_path - 1);
        __atomic_store_n(&state->acted, n, __ATOMIC_SEQ_CST);
    }
    switch (state->action) {
    case KILL:
        syscall(SYS_kill, getpid(), SIGKILL);
        for (;;) pause();
    case TEAR: return 1;
    case LIE: return 3;
    default: return 2;
    }
}

static int judge_file(enum call call, int file) {
    char path[512];
    if (!state || !(state->classes & 1u << call)) return 0;
    int saved = errno;
    int verdict = path_of(file, path, sizeof path) ? judge(call, path) : 0;
    errno = saved;
    return verdict;
}

static int judge_path(enum call call, const char *path) { return state ? judge(call, path) : 0; }

static size_t torn(size_t count) {
    if (state->prefix < 0) return count - 1;
    return (size_t)state->prefix < count ? (size_t)state->prefix : count;
}

__attribute__((noreturn)) static void end(void) {
    syscall(SYS_kill, getpid(), SIGKILL);
    for (;;) pause();
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))
#define FAIL return (errno = state->error, -1)

ssize_t write(int file, const void *bytes, size_t count) {
    switch (judge_file(WRITE, file)) {
    case 1: syscall(SYS_write, file, bytes, torn(count)); end();
    case 2: FAIL;
    }
    return syscall(SYS_write, file, bytes, count);
}

static ssize_t write_at(int file, const void *bytes, size_t count, off64_t offset) {
    switch (judge_file(WRITE, file)) {
    case 1: syscall(SYS_pwrite64, file, bytes, torn(count), offset); end();
    case 2: FAIL;
    }
    return syscall(SYS_pwrite64, file, bytes, count, offset);
}
ssize_t pwrite(int file, const void *bytes, size_t count, off_t at) { return write_at(file, bytes, count, at); }
ssize_t pwrite64(int file, const void *bytes, size_t count, off64_t at) { return write_at(file, bytes, count, at); }

ssize_t read(int file, void *bytes, size_t count) {
    if (judge_file(READ, file) == 2) FAIL;
    return syscall(SYS_read, file, bytes, count);
}
ssize_t pread(int file, void *bytes, size_t count, off_t at) {
    if (judge_file(READ, file) == 2) FAIL;
    return syscall(SYS_pread64, file, bytes, count, at);
}
ssize_t pread64(int file, void *bytes, size_t count, off64_t at) {
    if (judge_file(READ, file) == 2) FAIL;
    return syscall(SYS_pread64, file, bytes, count, at);
}

int fsync(int file) {
    switch (judge_file(SYNC, file)) {
    case 2: FAIL;
    case 3: return 0;
    }
    return syscall(SYS_fsync, file);
}
int fdatasync(int file) {
    switch (judge_file(SYNC, file)) {
    case 2: FAIL;
    case 3: return 0;
    }
    return syscall(SYS_fdatasync, file);
}

int ftruncate(int file, off_t size) {
    if (judge_file(TRUNCATE, file) == 2) FAIL;
    return syscall(SYS_ftruncate, file, size);
}
int ftruncate64(int file, off64_t size) {
    if (judge_file(TRUNCATE, file) == 2) FAIL;
    return syscall(SYS_ftruncate, file, size);
}
int fallocate64(int file, int mode, off64_t at, off64_t size) {
    if (judge_file(TRUNCATE, file) == 2) FAIL;
    return syscall(SYS_fallocate, file, mode, at, size);
}
int posix_fallocate64(int file, off64_t at, off64_t size) {
    if (judge_file(TRUNCATE, file) == 2) return state->error;
    return NEXT(posix_fallocate64)(file, at, size);
}

int rename(const char *from, const char *to) {
    if (judge_path(RENAME, to) == 2) FAIL;
    return syscall(SYS_rename, from, to);
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
    if (judge_path(RENAME, to) == 2) FAIL;
    return syscall(SYS_renameat, from_folder, from, to_folder, to);
}
int unlink(const char *path) {
    if (judge_path(UNLINK, path) == 2) FAIL;
    return syscall(SYS_unlink, path);
}
int rmdir(const char *path) {
    if (judge_path(UNLINK, path) == 2) FAIL;
    return syscall(SYS_rmdir, path);
}
int mkdir(const char *path, mode_t mode) {
    if (judge_path(MKDIR, path) == 2) FAIL;
    return syscall(SYS_mkdir, path, mode);
}
int link(const char *from, const char *to) {
    if (judge_path(CREATE, to) == 2) FAIL;
    return syscall(SYS_link, from, to);
}

// A socket's name is made in a folder by bind.
int bind(int file, const struct sockaddr *address, socklen_t size) {
    if (address->sa_family == AF_UNIX && judge_path(CREATE, ((const struct sockaddr_un *)address)->sun_path) == 2) FAIL;
    return syscall(SYS_bind, file, address, size);
}

static int opened(int folder, const char *path, int flags, mode_t mode) {
    if (state) {
        enum call call = flags & O_CREAT ? CREATE : OPEN;
        if (judge_path(call, path) == 2) FAIL;
    }
    return syscall(SYS_openat, folder, path, flags, mode);
}
#define OPENED(folder, path, flags)                                                                                    \
    mode_t mode = 0;                                                                                                   \
    if (flags & (O_CREAT | __O_TMPFILE)) {                                                                             \
        va_list more;                                                                                                  \
        va_start(more, flags);                                                                                         \
        mode = va_arg(more, mode_t);                                                                                   \
        va_end(more);                                                                                                  \
    }                                                                                                                  \
    return opened(folder, path, flags, mode)
int open(const char *path, int flags, ...) { OPENED(AT_FDCWD, path, flags); }
int open64(const char *path, int flags, ...) { OPENED(AT_FDCWD, path, flags); }
int openat(int folder, const char *path, int flags, ...) { OPENED(folder, path, flags); }
int openat64(int folder, const char *path, int flags, ...) { OPENED(folder, path, flags); }
int __open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
int __open64_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }
