/* SPDX-License-Identifier: MIT */
/*
 * Packets from interfaces. A blocking read never returns on a quiet interface, whatever its
 * timeout, so handles do not block and poll() waits; with several interfaces each one's next packet
 * stays in its ring until it is the oldest, or has waited MERGE_NS for an older one.
 *
 * The kernel hands packets on in blocks, after BLOCK_MS at the latest: whoever stops waits that
 * long once more for the last block (source_drain).
 */

#include "capture/interfaces.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <pcap/pcap.h>

#include "base/alloc.h"

enum { BLOCK_MS = 100, IDLE_MS = 100 };
#define MERGE_NS (INT64_C(100) * 1000000) /* how long a packet waits for an older one elsewhere */
#define DRAIN_NS (INT64_C(3) * BLOCK_MS * 1000000)

/* What may carry HTTP: TCP, fragments of it, the tunnels that decode opens, and QUIC, which is
 * counted. Links with labels before the IP header pass whole: a filter cannot look behind them. */
static const char default_filter[] =
    "tcp or ip[6:2] & 0x1fff != 0 or ip6 proto 44 or udp port 443 or ip proto 4 or ip proto 41 or "
    "ip proto 47 or ip proto 115 or ip6 proto 4 or ip6 proto 41 or ip6 proto 47 or udp port 4789 "
    "or udp port 6081 or udp port 2152 or udp port 1701 or ether proto 0x8100 or ether proto "
    "0x88a8 or ether proto 0x8847 or ether proto 0x8848 or ether proto 0x8864 or vlan";

struct interface {
    struct input input;
    pcap_t *pcap; /* NULL: it is gone */
    int fd, link_type;
    struct pcap_pkthdr *header; /* of the packet that waits */
    const u_char *bytes;
    bool has_packet;
    bool nanoseconds;
    char *trouble;
};

struct interfaces {
    struct interface *items;
    struct pollfd *polled;
    size_t count;
    bool idle;
    bool draining;
    int64_t drain_until_ns; /* by the system's clock, which stamps packets too */
    int64_t latest_ns;      /* handed on */
};

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

/* ---- opening ---- */

static bool refuse(struct error *error, const char *name, int status, pcap_t *pcap)
{
    const char *detail = pcap_geterr(pcap);
    if (status == PCAP_ERROR_PERM_DENIED)
        return error_set(error, ERROR_INPUT,
                         "%s: no permission to capture: run as root, or once "
                         "`setcap cap_net_raw,cap_net_admin+ep` on the program",
                         name);
    if (status == PCAP_ERROR_NO_SUCH_DEVICE)
        return error_set(error, ERROR_INPUT,
                         "%s: there is no such interface (`ip link` lists them)", name);
    if (status == PCAP_ERROR_IFACE_NOT_UP)
        return error_set(error, ERROR_INPUT, "%s: the interface is down: `ip link set %s up`", name,
                         name);
    return error_set(error, ERROR_INPUT, "%s: cannot capture: %s%s%s", name,
                     pcap_statustostr(status), *detail ? ": " : "", detail);
}

static void set_up(pcap_t *pcap, const struct interface_options *options)
{
    pcap_set_snaplen(pcap, options->snaplen);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, BLOCK_MS);
    pcap_set_buffer_size(pcap, options->buffer);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* where it is offered */
}

/* The user's filter must fit; ours is left out on a link that does not know its words. */
static bool set_filter(struct interface *i, const struct interface_options *options,
                       struct error *error)
{
    struct bpf_program program;
    const char *text = options->filter ? options->filter : default_filter;
    if (pcap_compile(i->pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return !options->filter || error_set(error, ERROR_USAGE, "the filter '%s' does not fit: %s",
                                             text, pcap_geterr(i->pcap));
    bool set = pcap_setfilter(i->pcap, &program) == 0;
    pcap_freecode(&program);
    return set || error_set(error, ERROR_INPUT, "%s: the filter cannot be set: %s", i->input.name,
                            pcap_geterr(i->pcap));
}

static bool interface_open(struct interface *i, const struct interface_options *options,
                           struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    const char *name = i->input.name;
    i->pcap = pcap_create(name, text);
    if (!i->pcap)
        return error_set(error, ERROR_INPUT, "%s: cannot capture: %s", name, text);
    set_up(i->pcap, options);
    int status = pcap_activate(i->pcap);
    if (status < 0)
        return refuse(error, name, status, i->pcap);
    if (!set_filter(i, options, error))
        return false;
    if (pcap_setnonblock(i->pcap, 1, text) != 0)
        return error_set(error, ERROR_INPUT, "%s: cannot capture: %s", name, text);
    i->fd = pcap_get_selectable_fd(i->pcap);
    i->link_type = pcap_datalink(i->pcap);
    i->nanoseconds = pcap_get_tstamp_precision(i->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    return true;
}

struct interfaces *interfaces_open(const char *const *names, size_t n,
                                   const struct interface_options *options, struct error *error)
{
    struct interfaces *all = xcalloc(1, sizeof *all);
    all->items = xcalloc(n, sizeof *all->items);
    all->polled = xcalloc(n, sizeof *all->polled);
    all->count = n;
    all->latest_ns = INT64_MIN;
    for (size_t i = 0; i < n; i++) {
        all->items[i].input.name = names[i];
        if (!interface_open(&all->items[i], options, error)) {
            interfaces_close(all);
            return NULL;
        }
    }
    return all;
}

/* ---- reading ---- */

static int64_t time_of(const struct interface *i)
{
    const struct timeval *at = &i->header->ts;
    return at->tv_sec * INT64_C(1000000000) + at->tv_usec * (i->nanoseconds ? 1 : 1000);
}

/* An interface that has gone ends its lane, no other; what it had dropped stays known. */
static void lose(struct interface *i)
{
    struct error error;
    error_set(&error, ERROR_INPUT, "%s: %s", i->input.name, pcap_geterr(i->pcap));
    i->trouble = xstrdup(error.text);
    i->input.trouble = i->trouble;
    i->input.state = INPUT_DAMAGED;
    pcap_close(i->pcap);
    i->pcap = NULL;
}

/* Looks for the next packet of a lane that has none. */
static void look(struct interfaces *all, struct interface *i)
{
    if (i->has_packet || !i->pcap)
        return;
    int status = pcap_next_ex(i->pcap, &i->header, &i->bytes);
    if (status == 1)
        i->has_packet = !all->draining || time_of(i) <= all->drain_until_ns - DRAIN_NS;
    else if (status < 0)
        lose(i);
}

/* The lane whose packet is the oldest, once no older one is to be waited for; NULL where none. */
static struct interface *oldest(struct interfaces *all)
{
    struct interface *best = NULL;
    bool all_have = true;
    for (size_t k = 0; k < all->count; k++) {
        struct interface *i = &all->items[k];
        look(all, i);
        if (i->has_packet && (!best || time_of(i) < time_of(best)))
            best = i;
        all_have = all_have && (i->has_packet || !i->pcap);
    }
    bool may_wait = best && !all_have && time_of(best) > now_ns() - MERGE_NS;
    return may_wait ? NULL : best;
}

static void hand_on(struct interfaces *all, struct interface *i, struct packet *packet)
{
    struct input *input = &i->input;
    int64_t time_ns = time_of(i);
    i->has_packet = false;
    if (time_ns < all->latest_ns)
        input->late++;
    else
        all->latest_ns = time_ns;
    if (input->packets++ == 0)
        input->first_ns = input->last_ns = time_ns;
    if (time_ns < input->first_ns)
        input->first_ns = time_ns;
    if (time_ns > input->last_ns)
        input->last_ns = time_ns;
    input->passed++;
    input->octets_read += i->header->caplen;
    *packet = (struct packet){
        .bytes = slice_of(i->bytes, i->header->caplen),
        .wire_length = i->header->len,
        .link_type = i->link_type,
        .time_ns = time_ns,
        .input = (uint32_t)(i - all->items),
        .frame = input->packets,
    };
}

/* Until something comes, at most IDLE_MS. */
static void wait_for_packets(struct interfaces *all, bool some_wait)
{
    nfds_t n = 0;
    for (size_t k = 0; k < all->count; k++)
        if (all->items[k].pcap && !all->items[k].has_packet)
            all->polled[n++] = (struct pollfd){.fd = all->items[k].fd, .events = POLLIN};
    poll(all->polled, n, some_wait ? IDLE_MS / 10 : IDLE_MS);
}

static bool any(const struct interfaces *all, bool (*is)(const struct interface *i))
{
    for (size_t k = 0; k < all->count; k++)
        if (is(&all->items[k]))
            return true;
    return false;
}

static bool has_packet(const struct interface *i)
{
    return i->has_packet;
}

static bool is_open(const struct interface *i)
{
    return i->pcap != NULL;
}

bool interfaces_next(struct interfaces *all, struct packet *packet)
{
    struct interface *first = oldest(all);
    if (!first)
        wait_for_packets(all, any(all, has_packet));
    all->idle = !first && any(all, is_open) && !(all->draining && now_ns() > all->drain_until_ns);
    if (first)
        hand_on(all, first, packet);
    return first != NULL;
}

bool interfaces_are_idle(const struct interfaces *all)
{
    return all->idle;
}

void interfaces_drain(struct interfaces *all)
{
    all->draining = true;
    all->drain_until_ns = now_ns() + DRAIN_NS;
}

/* ---- what is known ---- */

size_t interfaces_count(const struct interfaces *all)
{
    return all->count;
}

const struct input *interfaces_input(struct interfaces *all, size_t k)
{
    struct interface *i = &all->items[k];
    struct pcap_stat stat;
    if (i->pcap && pcap_stats(i->pcap, &stat) == 0) {
        i->input.dropped_by_kernel = stat.ps_drop;
        i->input.dropped_by_interface = stat.ps_ifdrop;
    }
    return &i->input;
}

void interfaces_close(struct interfaces *all)
{
    if (!all)
        return;
    for (size_t k = 0; k < all->count; k++) {
        if (all->items[k].pcap)
            pcap_close(all->items[k].pcap);
        free(all->items[k].trouble);
    }
    free(all->items);
    free(all->polled);
    free(all);
}
