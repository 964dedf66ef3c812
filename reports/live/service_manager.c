/* SPDX-License-Identifier: MIT */
/* The protocol of sd_notify(3): lines of NAME=VALUE in one datagram. A name of the socket that
 * begins with "@" is abstract (unix(7)). */

#include "reports/live/service_manager.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"

#define STATUS_EVERY_NS INT64_C(10000000000)

struct service_manager {
    int fd;
    bool is_ready, is_stopping;
    int64_t alive_every_ns; /* 0: never */
    int64_t alive_ns, told_ns;
};

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = strlen(path);
    if (length < 2 || length >= sizeof address.sun_path || (path[0] != '/' && path[0] != '@'))
        return -1;
    memcpy(address.sun_path, path, length);
    if (path[0] == '@')
        address.sun_path[0] = '\0';
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
    if (fd < 0 || connect(fd, (const void *)&address, size) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Twice as often as it is asked for; WATCHDOG_PID says for whom. */
static int64_t sign_of_life_ns(void)
{
    const char *pid = getenv("WATCHDOG_PID"), *usec = getenv("WATCHDOG_USEC");
    if (!usec || (pid && strtol(pid, NULL, 10) != getpid()))
        return 0;
    long long us = strtoll(usec, NULL, 10);
    return us > 0 && us < INT64_MAX / 1000 ? us * 1000 / 2 : 0;
}

struct service_manager *service_manager_open(void)
{
    const char *path = getenv("NOTIFY_SOCKET");
    int fd = path ? connect_to(path) : -1;
    if (fd < 0)
        return NULL;
    struct service_manager *manager = xcalloc(1, sizeof *manager);
    manager->fd = fd;
    manager->alive_every_ns = sign_of_life_ns();
    return manager;
}

static void say(const struct service_manager *manager, const char *text)
{
    send(manager->fd, text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void service_manager_turn(struct service_manager *manager, int64_t now_ns)
{
    if (!manager->is_ready) {
        manager->is_ready = true;
        say(manager, "READY=1\nSTATUS=listening");
    }
    if (!manager->alive_every_ns || now_ns - manager->alive_ns < manager->alive_every_ns)
        return;
    manager->alive_ns = now_ns;
    say(manager, "WATCHDOG=1");
}

void service_manager_status(struct service_manager *manager, const char *text, int64_t now_ns)
{
    char line[300];
    if (manager->is_stopping || (manager->told_ns && now_ns - manager->told_ns < STATUS_EVERY_NS))
        return;
    manager->told_ns = now_ns;
    snprintf(line, sizeof line, "STATUS=%s", text);
    say(manager, line);
}

void service_manager_stopping(struct service_manager *manager)
{
    if (!manager->is_stopping)
        say(manager, "STOPPING=1\nSTATUS=judging what waits");
    manager->is_stopping = true;
}

void service_manager_close(struct service_manager *manager)
{
    if (!manager)
        return;
    close(manager->fd);
    free(manager);
}
