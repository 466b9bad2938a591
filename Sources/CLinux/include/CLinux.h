// Linux for Swift: calls that Glibc's module hides (_GNU_SOURCE), and macros over unions.
#ifndef PLC_CLINUX_H
#define PLC_CLINUX_H
// No _GNU_SOURCE and few headers here: with it, types that Glibc's module has too would come out different.
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

/// accept4(2) with SOCK_NONBLOCK and SOCK_CLOEXEC; the peer's address is not asked for.
int plc_accept(int listener);
/// epoll_ctl(2) with a 64-bit token; `operation` is EPOLL_CTL_ADD, _MOD or _DEL.
int plc_epoll_control(int epoll, int operation, int fd, uint32_t events, uint64_t token);
/// The token and the events of the i-th entry that epoll_wait(2) filled in.
uint64_t plc_epoll_token(const struct epoll_event *events, int i);
uint32_t plc_epoll_events(const struct epoll_event *events, int i);
/// The number of columns of the terminal behind `fd`, or 0 if it is none or does not know.
int plc_terminal_width(int fd);
/// Opens a socket that neither blocks nor survives exec.
int plc_socket(int family);
/// Names the calling thread, for debuggers; at most 15 bytes count.
void plc_name_thread(const char *name);
/// Makes a pipe whose ends do not survive exec; returns 0, or -1 with errno.
int plc_pipe(int ends[2]);
/// Starts a program with no input, these variables, and the given descriptors as output and error output, all signals
/// unblocked. Returns its process, or -1 with errno.
int plc_spawn(const char *path, char *const arguments[], char *const environment[], int output, int errors);
/// The environment of this process, as NAME=VALUE, with a null pointer at its end.
char *const *plc_environment(void);
/// Has this process killed when the thread that started it ends; -1 if `parent` is not its parent, or no more.
int plc_end_with_parent(int parent);
/// Opens a socket of the local machine that does not survive exec.
int plc_local_socket(void);
/// Connects, listens and accepts on it; 0 or a descriptor, or -1 with errno.
int plc_local_connect(int socket, const char *path);
int plc_local_listen(int socket, const char *path);
int plc_local_accept(int listener);
/// Takes a lock on an open file without waiting, exclusive or with others who share it; returns 0, or -1 with errno.
int plc_lock(int fd, int is_shared);
/// Fills `bytes` from the kernel's generator; returns 0, or -1 with errno.
int plc_random(void *bytes, size_t count);
/// epoll_create1(2) and eventfd(2), neither of which blocks or survives exec.
int plc_epoll_create(void);
int plc_eventfd(void);
/// A number that is the calling thread's alone while it lives; unlike pthread_self() it is never folded away.
uint64_t plc_thread(void);
/// Blocks `count` signals for the calling thread and those that it starts; returns 0, or an error number.
int plc_signal_block(const int *signals, int count);
/// signalfd(2) for `count` signals, which have been blocked.
int plc_signalfd(const int *signals, int count);
/// The number of the next signal that arrived, 0 if there is none, or -1 with errno.
int plc_signalfd_next(int fd);
/// Gives memory that was freed back to the system, where the C library can.
void plc_trim_memory(void);
/// Has the signals of a crash looked at from now on, in the whole process, before they do what they did.
void plc_crash_watch(void);
/// What is appended to the file at `path` if the calling thread crashes, until it says otherwise: both are only
/// pointed to. No bytes: nothing.
void plc_crash_note(const char *path, const void *bytes, size_t count);
/// Gives the calling thread a stack for the case that its own is used up; NULL if it has one, or cannot. The thread
/// gives it back before it ends.
void *plc_crash_stack(void);
void plc_crash_stack_end(void *memory);
/// Makes writing to a closed pipe or socket an error instead of the end of the process.
void plc_ignore_sigpipe(void);
#endif
