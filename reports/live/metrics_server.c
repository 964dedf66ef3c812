/* SPDX-License-Identifier: MIT */
/*
 * libmicrohttpd in its external mode over epoll: MHD_run() asks epoll without waiting and serves
 * what is ready. (select() would end at descriptor 1023.) The library only knows a time of silence
 * for its connections, so one that says an octet every few seconds would stay for ever: each is
 * shut down after LIMIT_METRICS_SECONDS here, whatever it does.
 */

#include "reports/live/metrics_server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "reports/limits.h"
#include "reports/live/microhttpd.h"

enum { TURN_NS = 50000000, ROUNDS = 8 };

struct guest {
    int fd; /* -1: nobody */
    int64_t since_ns;
};

struct metrics_server {
    struct microhttpd http;
    struct MHD_Daemon *daemon;
    struct metrics *metrics;
    struct guest guests[LIMIT_METRICS_CONNECTIONS];
    int64_t now_ns, turned_ns;
    struct MHD_Response *answer; /* the metrics as they were at answered_ns; NULL: none yet */
    int64_t answered_ns;
    bool is_local;
    char url[NI_MAXHOST + 32];
};

/* ------------------------------------------------------------------ the address */

static bool wrong_address(struct error *error, const char *text)
{
    return error_set(error, ERROR_USAGE,
                     "--metrics '%s': an address and a port are wanted: 127.0.0.1:9304, "
                     "[::1]:9304, or the port alone",
                     text);
}

/* Host and port of `text`, the host without its brackets. Only digits: no name is looked up. */
static bool address_split(const char *text, char host[64], const char **port)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    *port = colon ? colon + 1 : text;
    if (length > 2 && text[0] == '[' && text[length - 1] == ']') {
        text++;
        length -= 2;
    } else if (memchr(text, ':', length)) {
        return false; /* IPv6 without brackets */
    }
    if (length >= 64)
        return false;
    memcpy(host, text, length);
    host[length] = '\0';
    if (!length)
        strcpy(host, "127.0.0.1");
    return strspn(*port, "0123456789") == strlen(*port) && atoi(*port) > 0 && atoi(*port) < 65536 &&
           strlen(*port) < 6;
}

static struct addrinfo *address_read(const char *text, struct error *error)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *found = NULL;
    char host[64];
    const char *port;
    if (!address_split(text, host, &port) || getaddrinfo(host, port, &hints, &found) != 0) {
        wrong_address(error, text);
        return NULL;
    }
    return found;
}

bool metrics_address_check(const char *address, struct error *error)
{
    struct addrinfo *found = address_read(address, error);
    if (!found)
        return false;
    freeaddrinfo(found);
    return true;
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET6) {
        const struct sockaddr_in6 *six = (const void *)address;
        return IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    }
    const struct sockaddr_in *four = (const void *)address;
    return ntohl(four->sin_addr.s_addr) >> 24 == 127;
}

static int listen_at(const struct addrinfo *at)
{
    int on = 1;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, 64) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

/* ------------------------------------------------------------------ answers */

static struct MHD_Response *answer_of_text(const struct microhttpd *http, char *text, size_t length,
                                           const char *type)
{
    struct MHD_Response *response =
        http->create_response_from_buffer(length, text, MHD_RESPMEM_MUST_FREE);
    http->add_response_header(response, "Content-Type", type);
    http->add_response_header(response, "Cache-Control", "no-store");
    http->add_response_header(response, "Connection", "close");
    return response;
}

/* Made anew at most once a second: who asks more often gets the same. */
static struct MHD_Response *current_metrics(struct metrics_server *server)
{
    char *text = NULL;
    size_t length = 0;
    if (server->answer && server->now_ns - server->answered_ns < 1000000000)
        return server->answer;
    if (server->answer)
        server->http.destroy_response(server->answer); /* those who are being sent it keep it */
    FILE *to = open_memstream(&text, &length);
    metrics_print(server->metrics, to);
    fclose(to);
    server->answer =
        answer_of_text(&server->http, text, length, "text/plain; version=0.0.4; charset=utf-8");
    server->answered_ns = server->now_ns;
    return server->answer;
}

static enum MHD_Result refuse(const struct microhttpd *http, struct MHD_Connection *connection,
                              unsigned status, const char *text)
{
    struct MHD_Response *response =
        answer_of_text(http, xstrdup(text), strlen(text), "text/plain; charset=utf-8");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        http->add_response_header(response, "Allow", "GET, HEAD");
    enum MHD_Result queued = http->queue_response(connection, status, response);
    http->destroy_response(response);
    return queued;
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *data,
                                  size_t *length, void **state)
{
    struct metrics_server *server = context;
    (void)version, (void)data, (void)length, (void)state;
    if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return refuse(&server->http, connection, MHD_HTTP_METHOD_NOT_ALLOWED,
                      "GET or HEAD is wanted\n");
    if (strcmp(url, "/metrics") != 0)
        return refuse(&server->http, connection, MHD_HTTP_NOT_FOUND,
                      "the metrics are at /metrics\n");
    metrics_scrape(server->metrics);
    return server->http.queue_response(connection, MHD_HTTP_OK, current_metrics(server));
}

/* ------------------------------------------------------------------ guests */

static void on_guest(void *context, struct MHD_Connection *connection, void **state,
                     enum MHD_ConnectionNotificationCode what)
{
    struct metrics_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        struct guest *guest = *state;
        if (guest)
            guest->fd = -1;
        return;
    }
    const union MHD_ConnectionInfo *info =
        server->http.get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    for (unsigned i = 0; i < LIMIT_METRICS_CONNECTIONS; i++)
        if (server->guests[i].fd < 0) {
            server->guests[i] = (struct guest){info->connect_fd, server->now_ns};
            *state = &server->guests[i];
            return;
        }
}

static void show_out(struct metrics_server *server)
{
    for (unsigned i = 0; i < LIMIT_METRICS_CONNECTIONS; i++) {
        struct guest *guest = &server->guests[i];
        if (guest->fd >= 0 &&
            server->now_ns - guest->since_ns > LIMIT_METRICS_SECONDS * INT64_C(1000000000))
            shutdown(guest->fd, SHUT_RDWR);
    }
}

/* ------------------------------------------------------------------ the server */

static struct MHD_Daemon *start(struct metrics_server *server, int fd)
{
    return server->http.start_daemon(
        MHD_USE_EPOLL, 0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, fd,
        MHD_OPTION_CONNECTION_LIMIT, (unsigned)LIMIT_METRICS_CONNECTIONS,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)LIMIT_METRICS_REQUEST,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LIMIT_METRICS_SECONDS,
        MHD_OPTION_NOTIFY_CONNECTION, on_guest, (void *)server, MHD_OPTION_END);
}

static void name_place(struct metrics_server *server, const struct addrinfo *at)
{
    char host[NI_MAXHOST] = "?", port[8] = "?";
    bool is_six = at->ai_family == AF_INET6;
    getnameinfo(at->ai_addr, at->ai_addrlen, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
    snprintf(server->url, sizeof server->url, "http://%s%s%s:%s/metrics", is_six ? "[" : "", host,
             is_six ? "]" : "", port);
    server->is_local = is_loopback(at->ai_addr);
}

struct metrics_server *metrics_server_open(const char *address, struct metrics *metrics,
                                           struct error *error)
{
    struct addrinfo *at = address_read(address, error);
    if (!at)
        return NULL;
    struct metrics_server *server = xcalloc(1, sizeof *server);
    server->metrics = metrics;
    for (unsigned i = 0; i < LIMIT_METRICS_CONNECTIONS; i++)
        server->guests[i].fd = -1;
    name_place(server, at);
    if (!microhttpd_load(&server->http, error)) {
        freeaddrinfo(at);
        free(server);
        return NULL;
    }
    int fd = listen_at(at);
    freeaddrinfo(at);
    if (fd >= 0)
        server->daemon = start(server, fd);
    if (server->daemon)
        return server;
    error_set(error, ERROR_OUTPUT, "--metrics %s: cannot listen there: %s", address,
              strerror(errno));
    if (fd >= 0)
        close(fd);
    metrics_server_close(server);
    return NULL;
}

void metrics_server_turn(struct metrics_server *server, int64_t now_ns)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (now_ns - server->turned_ns < TURN_NS)
        return;
    server->now_ns = server->turned_ns = now_ns;
    show_out(server);
    unsigned round = 0;
    do
        server->http.run(server->daemon);
    while (++round < ROUNDS && server->http.get_timeout(server->daemon, &ms) == MHD_YES && ms == 0);
}

const char *metrics_server_url(const struct metrics_server *server)
{
    return server->url;
}

bool metrics_server_is_local(const struct metrics_server *server)
{
    return server->is_local;
}

void metrics_server_close(struct metrics_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        server->http.stop_daemon(server->daemon);
    if (server->answer)
        server->http.destroy_response(server->answer);
    free(server);
}
