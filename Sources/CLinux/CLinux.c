#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <sys/file.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>

#include <errno.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

int plc_accept(int listener) {
    return accept4(listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int plc_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data = {.u64 = token}};
    return epoll_ctl(epoll, operation, fd, &event);
}

uint64_t plc_epoll_token(const struct epoll_event *events, int i) { return events[i].data.u64; }

uint32_t plc_epoll_events(const struct epoll_event *events, int i) { return events[i].events; }

int plc_socket(int family) { return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0); }

int plc_random(void *bytes, size_t count) {
    char *at = bytes;
    while (count > 0) {
        ssize_t n = getrandom(at, count, 0);
        if (n < 0) return -1;
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

int plc_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

int plc_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

uint64_t plc_thread(void) {
    static __thread char mine;
    return (uint64_t)(uintptr_t)&mine;
}

static sigset_t set_of(const int *signals, int count) {
    sigset_t set;
    sigemptyset(&set);
    for (int i = 0; i < count; i++) sigaddset(&set, signals[i]);
    return set;
}

int plc_signal_block(const int *signals, int count) {
    sigset_t set = set_of(signals, count);
    return pthread_sigmask(SIG_BLOCK, &set, NULL);
}

int plc_signalfd(const int *signals, int count) {
    sigset_t set = set_of(signals, count);
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

int plc_signalfd_next(int fd) {
    struct signalfd_siginfo info;
    ssize_t n;
    do n = read(fd, &info, sizeof info);
    while (n < 0 && errno == EINTR);
    if (n < 0) return errno == EAGAIN ? 0 : -1;
    return n == sizeof info ? (int)info.ssi_signo : 0;
}

void plc_ignore_sigpipe(void) { signal(SIGPIPE, SIG_IGN); }

void plc_name_thread(const char *name) { prctl(PR_SET_NAME, name, 0, 0, 0); }

int plc_lock(int fd, int is_shared) { return flock(fd, (is_shared ? LOCK_SH : LOCK_EX) | LOCK_NB); }

int plc_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

char *const *plc_environment(void) {
    extern char **environ;
    return environ;
}

int plc_end_with_parent(int parent) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return -1;
    return getppid() == parent ? 0 : -1;
}

int plc_spawn(const char *path, char *const arguments[], char *const environment[], int output, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, defaults;
    pid_t process = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    // An inherited end of a terminal would let a child read what is typed for its parent.
    int ends[2] = {-1, -1};
    int code = pipe2(ends, O_CLOEXEC);
    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (code == 0) {
        posix_spawn_file_actions_adddup2(&actions, ends[0], 0);
        posix_spawn_file_actions_adddup2(&actions, output, 1);
        posix_spawn_file_actions_adddup2(&actions, errors, 2);
        code = posix_spawn(&process, path, &actions, &attributes, arguments, environment);
        close(ends[0]);
        close(ends[1]);
    } else {
        code = errno;
    }
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (code == 0) return process;
    errno = code;
    return -1;
}

int plc_local_socket(void) { return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); }

// Fills in the address of a socket's path, which has room for 107 bytes; a longer one is reached through its folder,
// opened. Gives what is to be closed once the address has been used, -1 for nothing, -2 for a failure.
static int plc_local_address(struct sockaddr_un *address, const char *path) {
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(path) < sizeof address->sun_path) {
        strcpy(address->sun_path, path);
        return -1;
    }
    const char *name = strrchr(path, '/');
    char folder[PATH_MAX];
    if (!name || (size_t)(name - path) >= sizeof folder) {
        errno = ENAMETOOLONG;
        return -2;
    }
    memcpy(folder, path, name - path);
    folder[name - path] = 0;
    int opened = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0) return -2;
    int length = snprintf(address->sun_path, sizeof address->sun_path, "/proc/self/fd/%d%s", opened, name);
    if (length >= 0 && (size_t)length < sizeof address->sun_path) return opened;
    close(opened);
    errno = ENAMETOOLONG;
    return -2;
}

// Closes what an address needed, and keeps the error of the call that used it.
static int plc_local_done(int opened, int result) {
    int error = errno;
    if (opened >= 0) close(opened);
    errno = error;
    return result;
}

int plc_local_connect(int socket, const char *path) {
    struct sockaddr_un address;
    int opened = plc_local_address(&address, path);
    if (opened == -2) return -1;
    return plc_local_done(opened, connect(socket, (struct sockaddr *)&address, sizeof address));
}

int plc_local_listen(int socket, const char *path) {
    struct sockaddr_un address;
    int opened = plc_local_address(&address, path);
    if (opened == -2) return -1;
    if (plc_local_done(opened, bind(socket, (struct sockaddr *)&address, sizeof address)) != 0) return -1;
    return listen(socket, 16);
}

int plc_local_accept(int listener) { return accept4(listener, 0, 0, SOCK_CLOEXEC); }

void plc_trim_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}
