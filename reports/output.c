/* SPDX-License-Identifier: MIT */
/* Files that come to be beside their final name. */

#include "reports/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "reports/audit/schema.h"

/* By the numbers in its header (SQLite's file
 * format, §1.3), so that nothing needs to be opened as a database. */
bool file_is_audit(const char *path)
{
    unsigned char head[72] = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n == (ssize_t)sizeof head && memcmp(head, "SQLite format 3", 16) == 0 &&
           ((uint32_t)head[68] << 24 | head[69] << 16 | head[70] << 8 | head[71]) ==
               SCHEMA_APPLICATION_ID;
}

char *file_beside(const char *path, struct error *error)
{
    size_t size = strlen(path) + 32;
    char *name = xmalloc(size);
    for (unsigned attempt = 0; attempt < 100; attempt++) {
        snprintf(name, size, "%s.%d-%u.tmp", path, (int)getpid(), attempt);
        int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (fd >= 0) {
            close(fd);
            return name;
        }
        if (errno != EEXIST)
            break;
    }
    error_set(error, ERROR_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    free(name);
    return NULL;
}

/* A terminal, a pipe or /dev/null is written to: a file of its name would take its place. */
static bool is_written_in_place(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

bool output_open(struct output *output, const char *path, struct error *error)
{
    *output = (struct output){.to = stdout, .path = path};
    if (!path)
        return true;
    if (file_is_audit(path))
        return error_set(error, ERROR_OUTPUT, "cannot write %s: it is an audit database", path);
    bool in_place = is_written_in_place(path);
    if (!in_place && !(output->beside = file_beside(path, error)))
        return false;
    output->to = fopen(in_place ? path : output->beside, "we");
    if (output->to)
        return true;
    error_set(error, ERROR_OUTPUT, "cannot write %s: %s", path, strerror(errno));
    if (output->beside)
        unlink(output->beside);
    free(output->beside);
    return false;
}

bool output_close(struct output *output, bool good, struct error *error)
{
    if (!output->path)
        return good; /* main looks after standard output */
    bool written = !ferror(output->to);
    written &= fclose(output->to) == 0;
    if (output->beside)
        written = written && good && rename(output->beside, output->path) == 0;
    if (!written && good)
        error_set(error, ERROR_OUTPUT, "cannot write %s: %s", output->path, strerror(errno));
    if (!written && output->beside)
        unlink(output->beside);
    free(output->beside);
    return written && good;
}

struct slice file_base_name(struct slice path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.at[i - 1] == '/' && i < path.len)
            return slice_from(path, i);
    return path;
}

char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return xstrdup(".");
    char *folder = xstrdup(path);
    folder[slash == path ? 1 : slash - path] = '\0';
    return folder;
}
