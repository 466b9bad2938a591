#include "CLinux.h"

#include <sys/ioctl.h>

int plc_terminal_width(int fd) {
    struct winsize size;
    return ioctl(fd, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}
