/* SPDX-License-Identifier: MIT */
/*
 * Packets from interfaces. A blocking read never returns on a quiet interface, whatever its
 * timeout, so handles do not block and poll() waits. An interface has one ring or several
 * (capture/fanout.h); with more than one ring in all, each one's next packet waits until it is the
 * oldest, or has waited MERGE_NS for an older one.
 *
 * The kernel hands packets on in blocks, at the latest when a timer has found the same block open
 * twice. Whoever merges must wait for longer than that, and whoever stops waits once more for the
 * last block (interfaces_drain). A block goes back to the kernel as soon as its last packet was
 * looked at, so packets are copied out of it, a few at a time.
 */

#include "capture/interfaces.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include <pcap/pcap.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "capture/fanout.h"
#include "capture/limits.h"

enum { ALONE_MS = 100, MERGED_MS = 40, IDLE_MS = 100 };
#define MERGE_NS   (INT64_C(100) * 1000000) /* how long a packet waits for an older one elsewhere */
#define DRAIN_NS   (INT64_C(3) * ALONE_MS * 1000000)
#define LEAST_RING (1 << 20) /* octets: of a smaller one a burst leaves nothing */

_Static_assert(2 * INT64_C(1000000) * MERGED_MS < MERGE_NS, "an open block is waited for");

/* What may carry HTTP: TCP, fragments of it, the tunnels that decode opens, and QUIC, which is
 * counted. Links with labels before the IP header pass whole: a filter cannot look behind them. */
static const char default_filter[] =
    "tcp or ip[6:2] & 0x1fff != 0 or ip6 proto 44 or udp port 443 or ip proto 4 or ip proto 41 or "
    "ip proto 47 or ip proto 115 or ip6 proto 4 or ip6 proto 41 or ip6 proto 47 or udp port 4789 "
    "or udp port 6081 or udp port 2152 or udp port 1701 or ether proto 0x8100 or ether proto "
    "0x88a8 or ether proto 0x8847 or ether proto 0x8848 or ether proto 0x8864 or vlan";

/* A packet that was copied out of its ring. */
struct kept {
    size_t at; /* in the ring's octets */
    uint32_t captured, wire_length;
    int64_t time_ns;
};

struct ring {
    const struct interfaces *of;
    uint32_t interface;
    pcap_t *pcap; /* NULL: it is gone */
    int fd, link_type;
    bool nanoseconds;
    bool has_begun;
    uint64_t dropped_by_kernel, dropped_by_interface;
    struct kept kept[LIMIT_READ_AHEAD]; /* from `next` to `count` not handed on yet */
    unsigned next, count;
    uint8_t *octets; /* room for the largest ones; `used` of them */
    size_t used;
};

struct interface {
    struct input input;
    char *trouble;
};

struct interfaces {
    struct interface *items;
    size_t count;
    struct ring *rings;
    struct pollfd *polled;
    size_t n_rings;
    bool idle;
    bool draining;
    int64_t begin_ns; /* of the capture: until a ring has joined the others it has what is theirs */
    int64_t stop_ns, drain_until_ns; /* by the system's clock, which stamps packets too */
    int64_t latest_ns;               /* handed on */
};

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

static void set_up(pcap_t *pcap, const struct interface_options *options, unsigned rings,
                   bool is_merged)
{
    pcap_set_snaplen(pcap, options->snaplen);
    pcap_set_promisc(pcap, options->promiscuous);
    pcap_set_timeout(pcap, is_merged ? MERGED_MS : ALONE_MS);
    pcap_set_buffer_size(pcap, options->buffer / (int)rings);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO); /* where it is offered */
}

/* The user's filter must fit; ours is left out on a link that does not know its words. */
static bool set_filter(pcap_t *pcap, const char *name, const char *filter, struct error *error)
{
    struct bpf_program program;
    const char *text = filter ? filter : default_filter;
    if (pcap_compile(pcap, &program, text, 1, PCAP_NETMASK_UNKNOWN) != 0)
        return !filter || error_set(error, ERROR_USAGE, "the filter '%s' does not fit: %s", text,
                                    pcap_geterr(pcap));
    bool set = pcap_setfilter(pcap, &program) == 0;
    pcap_freecode(&program);
    return set || error_set(error, ERROR_INPUT, "%s: the filter cannot be set: %s", name,
                            pcap_geterr(pcap));
}

static void ring_close(struct ring *ring)
{
    if (ring->pcap)
        pcap_close(ring->pcap);
    free(ring->octets);
    ring->pcap = NULL;
    ring->octets = NULL;
}

/* One of `rings` of that interface. What it opened is closed with it. */
static bool ring_open(struct ring *ring, const char *name, unsigned rings,
                      const struct interface_options *options, struct error *error)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    ring->pcap = pcap_create(name, text);
    if (!ring->pcap)
        return error_set(error, ERROR_INPUT, "%s: cannot capture: %s", name, text);
    set_up(ring->pcap, options, rings, ring->of->n_rings > 1);
    int status = pcap_activate(ring->pcap);
    if (status < 0)
        return refuse(error, name, status, ring->pcap);
    if (!set_filter(ring->pcap, name, options->filter, error))
        return false;
    if (pcap_setnonblock(ring->pcap, 1, text) != 0)
        return error_set(error, ERROR_INPUT, "%s: cannot capture: %s", name, text);
    ring->fd = pcap_get_selectable_fd(ring->pcap);
    ring->link_type = pcap_datalink(ring->pcap);
    ring->nanoseconds = pcap_get_tstamp_precision(ring->pcap) == PCAP_TSTAMP_PRECISION_NANO;
    ring->octets = xmalloc((size_t)LIMIT_READ_AHEAD * LIMIT_PACKET);
    return true;
}

/* Opens the interface's rings; *opened of them, one where the kernel does not distribute. */
static bool interface_open(struct ring *rings, const char *name, unsigned *opened,
                           const struct interface_options *options, struct error *error)
{
    int group = FANOUT_NONE;
    unsigned wanted = *opened;
    for (*opened = 0; *opened < wanted; ++*opened) {
        struct ring *ring = &rings[*opened];
        if (!ring_open(ring, name, wanted, options, error)) {
            ring_close(ring);
            return false;
        }
        if (wanted == 1 || fanout_join(pcap_fileno(ring->pcap), &group))
            continue;
        for (unsigned i = 0; i <= *opened; i++)
            ring_close(&rings[i]);
        *opened = 1;
        return interface_open(rings, name, opened, options, error);
    }
    return true;
}

/* As many as were asked for, none of them too small. */
static unsigned rings_each(const struct interface_options *options)
{
    unsigned most = (unsigned)(options->buffer / LEAST_RING);
    unsigned rings = options->rings < most ? options->rings : most;
    rings = rings < LIMIT_RINGS ? rings : LIMIT_RINGS;
    return rings ? rings : 1;
}

static struct interfaces *interfaces_new(const char *const *names, size_t n, unsigned rings)
{
    struct interfaces *all = xcalloc(1, sizeof *all);
    all->items = xcalloc(n, sizeof *all->items);
    all->rings = xcalloc(n * rings, sizeof *all->rings);
    all->polled = xcalloc(n * rings, sizeof *all->polled);
    all->count = n;
    all->latest_ns = all->begin_ns = INT64_MIN;
    for (size_t i = 0; i < n; i++)
        all->items[i].input.name = names[i];
    return all;
}

struct interfaces *interfaces_open(const char *const *names, size_t n,
                                   const struct interface_options *options, struct error *error)
{
    unsigned rings = rings_each(options);
    struct interfaces *all = interfaces_new(names, n, rings);
    size_t opened_in_all = 0;
    all->n_rings = n * rings;
    for (size_t i = 0; i < n; i++) {
        unsigned opened = rings;
        for (unsigned k = 0; k < rings; k++)
            all->rings[opened_in_all + k] = (struct ring){.of = all, .interface = (uint32_t)i};
        bool done = interface_open(all->rings + opened_in_all, names[i], &opened, options, error);
        opened_in_all += opened;
        if (!done) {
            all->n_rings = opened_in_all;
            interfaces_close(all);
            return NULL;
        }
    }
    all->n_rings = opened_in_all;
    if (opened_in_all > n)
        all->begin_ns = real_ns();
    return all;
}

/* ---- reading ---- */

static int64_t time_of(const struct ring *ring, const struct pcap_pkthdr *header)
{
    return header->ts.tv_sec * INT64_C(1000000000) +
           header->ts.tv_usec * (ring->nanoseconds ? 1 : 1000);
}

/* What came before all rings were there is in more than one of them; what came after the end is
 * nobody's any more. */
static bool is_wanted(struct ring *ring, int64_t time_ns)
{
    ring->has_begun = ring->has_begun || time_ns >= ring->of->begin_ns;
    return ring->has_begun && (!ring->of->draining || time_ns <= ring->of->stop_ns);
}

static void keep(u_char *context, const struct pcap_pkthdr *header, const u_char *bytes)
{
    struct ring *ring = (struct ring *)(void *)context;
    int64_t time_ns = time_of(ring, header);
    if (!is_wanted(ring, time_ns))
        return;
    assert(ring->count < LIMIT_READ_AHEAD);
    uint32_t captured = header->caplen < LIMIT_PACKET ? header->caplen : LIMIT_PACKET;
    memcpy(ring->octets + ring->used, bytes, captured);
    ring->kept[ring->count++] = (struct kept){ring->used, captured, header->len, time_ns};
    ring->used += captured;
}

/* An interface that has gone ends its rings, no other; what it had dropped stays known. */
static void lose(struct interfaces *all, struct ring *ring)
{
    struct interface *i = &all->items[ring->interface];
    struct error error;
    error_set(&error, ERROR_INPUT, "%s: %s", i->input.name, pcap_geterr(ring->pcap));
    if (!i->trouble)
        i->trouble = xstrdup(error.text);
    i->input.trouble = i->trouble;
    i->input.state = INPUT_DAMAGED;
    pcap_close(ring->pcap);
    ring->pcap = NULL;
}

static bool has_packet(const struct ring *ring)
{
    return ring->next < ring->count;
}

static bool is_open(const struct ring *ring)
{
    return ring->pcap != NULL;
}

/* Takes the next packets out of a ring of which all were handed on. */
static void look(struct interfaces *all, struct ring *ring)
{
    if (has_packet(ring) || !ring->pcap)
        return;
    ring->next = ring->count = 0;
    ring->used = 0;
    int status = pcap_dispatch(ring->pcap, LIMIT_READ_AHEAD, keep, (u_char *)ring);
    if (status < 0)
        lose(all, ring);
}

/* The ring whose packet is the oldest, once no older one is to be waited for: all have one, or it
 * is from before `horizon_ns`. NULL where none. */
static struct ring *oldest(struct interfaces *all, int64_t horizon_ns)
{
    struct ring *best = NULL;
    bool all_have = true;
    for (size_t k = 0; k < all->n_rings; k++) {
        struct ring *ring = &all->rings[k];
        if (!has_packet(ring))
            all_have = all_have && !ring->pcap;
        else if (!best || ring->kept[ring->next].time_ns < best->kept[best->next].time_ns)
            best = ring;
    }
    bool may_wait = best && !all_have && best->kept[best->next].time_ns > horizon_ns;
    return may_wait ? NULL : best;
}

static void count_packet(struct input *input, const struct kept *kept)
{
    if (input->packets++ == 0)
        input->first_ns = input->last_ns = kept->time_ns;
    if (kept->time_ns < input->first_ns)
        input->first_ns = kept->time_ns;
    if (kept->time_ns > input->last_ns)
        input->last_ns = kept->time_ns;
    input->passed++;
    input->octets_read += kept->captured;
}

static void hand_on(struct interfaces *all, struct ring *ring, struct packet *packet)
{
    const struct kept *kept = &ring->kept[ring->next++];
    struct input *input = &all->items[ring->interface].input;
    if (kept->time_ns < all->latest_ns)
        input->late++;
    else
        all->latest_ns = kept->time_ns;
    count_packet(input, kept);
    *packet = (struct packet){
        .bytes = slice_of(ring->octets + kept->at, kept->captured),
        .wire_length = kept->wire_length,
        .link_type = ring->link_type,
        .time_ns = kept->time_ns,
        .input = ring->interface,
        .frame = input->packets,
    };
}

/* Until something comes, at most IDLE_MS. */
static void wait_for_packets(struct interfaces *all, bool some_wait)
{
    nfds_t n = 0;
    for (size_t k = 0; k < all->n_rings; k++)
        if (is_open(&all->rings[k]) && !has_packet(&all->rings[k]))
            all->polled[n++] = (struct pollfd){.fd = all->rings[k].fd, .events = POLLIN};
    poll(all->polled, n, some_wait ? IDLE_MS / 10 : IDLE_MS);
}

static bool any(const struct interfaces *all, bool (*is)(const struct ring *ring))
{
    for (size_t k = 0; k < all->n_rings; k++)
        if (is(&all->rings[k]))
            return true;
    return false;
}

/* A ring that has become empty is not looked at before the next call: its packets are borrowed. */
size_t interfaces_packets(struct interfaces *all, struct packet *packets, size_t most)
{
    size_t n = 0;
    int64_t horizon_ns = all->n_rings > 1 ? real_ns() - MERGE_NS : 0;
    bool last_look = all->draining && real_ns() > all->drain_until_ns; /* before it, not after */
    struct ring *first;
    for (size_t k = 0; k < all->n_rings; k++)
        look(all, &all->rings[k]);
    while (n < most && (first = oldest(all, horizon_ns)) != NULL) {
        hand_on(all, first, &packets[n++]);
        if (!has_packet(first))
            break;
    }
    if (!n)
        wait_for_packets(all, any(all, has_packet));
    all->idle = !n && any(all, is_open) && !last_look;
    return n;
}

bool interfaces_are_idle(const struct interfaces *all)
{
    return all->idle;
}

void interfaces_drain(struct interfaces *all)
{
    all->draining = true;
    all->stop_ns = real_ns();
    all->drain_until_ns = all->stop_ns + DRAIN_NS;
}

/* ---- what is known ---- */

size_t interfaces_count(const struct interfaces *all)
{
    return all->count;
}

/* The rings' drops add up; the interface's own are told by each of them. */
const struct input *interfaces_input(struct interfaces *all, size_t i)
{
    struct input *input = &all->items[i].input;
    struct pcap_stat stat;
    input->dropped_by_kernel = input->dropped_by_interface = 0;
    for (size_t k = 0; k < all->n_rings; k++) {
        struct ring *ring = &all->rings[k];
        if (ring->interface != i)
            continue;
        if (ring->pcap && pcap_stats(ring->pcap, &stat) == 0) {
            ring->dropped_by_kernel = stat.ps_drop;
            ring->dropped_by_interface = stat.ps_ifdrop;
        }
        input->dropped_by_kernel += ring->dropped_by_kernel;
        if (ring->dropped_by_interface > input->dropped_by_interface)
            input->dropped_by_interface = ring->dropped_by_interface;
    }
    return input;
}

void interfaces_close(struct interfaces *all)
{
    if (!all)
        return;
    for (size_t k = 0; k < all->n_rings; k++)
        ring_close(&all->rings[k]);
    for (size_t i = 0; i < all->count; i++)
        free(all->items[i].trouble);
    free(all->items);
    free(all->rings);
    free(all->polled);
    free(all);
}
