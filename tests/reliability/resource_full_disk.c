/* A disk that is full: preloaded, it lets the calls that take room below a folder fail with ENOSPC.

   full_disk(folder, n): from the n-th such call on they fail; 0: none ever does. They are counted meanwhile:
   full_disk_calls(). Opening with O_CREAT, mkdir, write, fsync, rename, setting a size and setting room aside
   are what takes room. Reading, closing and removing never fail. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char folder[PATH_MAX];
static long first, calls;

void full_disk(const char *path, long n) {
    snprintf(folder, sizeof folder, "%s", path);
    first = n;
    calls = 0;
}

long full_disk_calls(void) { return calls; }

static int below(const char *path) {
    size_t size = strlen(folder);
    return size && !strncmp(path, folder, size) && (path[size] == '/' || !path[size]);
}

static int fails(int inside) {
    if (!inside) return 0;
    calls++;
    if (!first || calls < first) return 0;
    errno = ENOSPC;
    return 1;
}

/* Whether the file that is open as `fd`, or the one that `path` (from `fd`) names, lies in the folder. */
static int path_fails(int fd, const char *path) {
    char whole[2 * PATH_MAX + 2], base[PATH_MAX], link[64];
    ssize_t size;
    if (!*folder) return 0;
    if (path[0] == '/') return fails(below(path));
    if (fd == AT_FDCWD) {
        if (!getcwd(base, sizeof base)) return 0;
    } else {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        if ((size = readlink(link, base, sizeof base - 1)) < 0) return 0;
        base[size] = 0;
    }
    snprintf(whole, sizeof whole, "%s/%s", base, path);
    return fails(below(whole));
}

static int fd_fails(int fd) {
    char link[64], path[PATH_MAX];
    ssize_t size;
    if (!*folder) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    if ((size = readlink(link, path, sizeof path - 1)) < 0) return 0;
    path[size] = 0;
    return fails(below(path));
}

#define REAL(name, result, ...)                                        \
    static result (*real)(__VA_ARGS__);                                \
    if (!real) real = (result(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

#define OPEN(base, ...)                                          \
    mode_t mode = 0;                                                   \
    if (flags & (O_CREAT | O_TMPFILE)) {                               \
        va_list more;                                                  \
        va_start(more, flags);                                         \
        mode = va_arg(more, mode_t);                                   \
        va_end(more);                                                  \
    }                                                                  \
    int made = (flags & O_TMPFILE) == O_TMPFILE ||                     \
               ((flags & O_CREAT) && faccessat(base, path, F_OK, 0));  \
    if (made && path_fails(base, path)) return -1;                     \
    return real(__VA_ARGS__)

int open(const char *path, int flags, ...) {
    REAL("open", int, const char *, int, ...);
    OPEN(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    REAL("open64", int, const char *, int, ...);
    OPEN(AT_FDCWD, path, flags, mode);
}

int openat(int at, const char *path, int flags, ...) {
    REAL("openat", int, int, const char *, int, ...);
    OPEN(at, at, path, flags, mode);
}

int openat64(int at, const char *path, int flags, ...) {
    REAL("openat64", int, int, const char *, int, ...);
    OPEN(at, at, path, flags, mode);
}

int mkdir(const char *path, mode_t mode) {
    REAL("mkdir", int, const char *, mode_t);
    return path_fails(AT_FDCWD, path) ? -1 : real(path, mode);
}

int rename(const char *from, const char *to) {
    REAL("rename", int, const char *, const char *);
    return path_fails(AT_FDCWD, to) ? -1 : real(from, to);
}

ssize_t write(int fd, const void *data, size_t size) {
    REAL("write", ssize_t, int, const void *, size_t);
    return size && fd_fails(fd) ? -1 : real(fd, data, size);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL("writev", ssize_t, int, const struct iovec *, int);
    return fd_fails(fd) ? -1 : real(fd, parts, count);
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL("pwrite64", ssize_t, int, const void *, size_t, off64_t);
    return size && fd_fails(fd) ? -1 : real(fd, data, size, at);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
    REAL("pwrite", ssize_t, int, const void *, size_t, off_t);
    return size && fd_fails(fd) ? -1 : real(fd, data, size, at);
}

int fsync(int fd) {
    REAL("fsync", int, int);
    return fd_fails(fd) ? -1 : real(fd);
}

int ftruncate64(int fd, off64_t size) {
    struct stat now;
    REAL("ftruncate64", int, int, off64_t);
    if (size && !fstat(fd, &now) && now.st_size < size && fd_fails(fd)) return -1;
    return real(fd, size);
}

int posix_fallocate64(int fd, off64_t at, off64_t size) {
    REAL("posix_fallocate64", int, int, off64_t, off64_t);
    return fd_fails(fd) ? ENOSPC : real(fd, at, size);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t size) {
    REAL("sendfile64", ssize_t, int, int, off64_t *, size_t);
    return fd_fails(to) ? -1 : real(to, from, at, size);
}
