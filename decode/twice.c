/* SPDX-License-Identifier: MIT */
/*
 * What this file knows: when two packets are one packet seen twice.
 *
 * They are if they came within LIMIT_TWICE_NS of each other (in either order: merged captures may
 * have clocks that differ a little) and everything that stays the same on a path is the same:
 * addresses, IP id, transport header, payload. What routers, switches and network cards change is
 * not looked at: link header, VLAN, TTL, DSCP and ECN, checksums.
 *
 * What makes a retransmission different is the IP id, which its sender counts on (RFC 791; RFC 6864
 * §4.1 lets it stand still in packets that may not be fragmented, and many senders then write 0),
 * or the TCP timestamp (RFC 7323 §3.2). Hence:
 *
 *   id other than 0                 must be equal, and that is enough
 *   no id, but a TCP timestamp      must be equal. A retransmission within the same tick (1 ms
 * mostly) would be taken for a duplicate: it brings no new octets, and the stream does not miss it.
 * So would two duplicate acknowledgements, which own no octets of any message neither (id 0, IPv6)
 * nobody can tell: never called a duplicate
 *
 * Parts of datagrams are compared as they come, before they are put together: their id is what
 * joins them, so it is always there or 0.
 *
 * Of a payload its length and its fingerprint (fingerprint.h) are compared. Who makes other octets
 * with the same fingerprint, under the same id and sequence number, within 5 ms, does it on
 * purpose; the copy that came first counts then, as it does where segments overlap.
 *
 * A packet is remembered as a 64-bit hash with its time, in a ring: the oldest is overwritten.
 * Buckets lead to the newest of their chain, which ends where the ring was overwritten. The hash is
 * seeded; what a full table forgets is decided by age alone, so that results do not depend on the
 * seed.
 */

#include "decode/twice.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/heap.h"
#include "decode/limits.h"

_Static_assert((LIMIT_TWICE_ENTRIES & (LIMIT_TWICE_ENTRIES - 1)) == 0, "indices are masked");

struct sighting {
    uint64_t hash;
    int64_t time_ns;
    uint32_t older; /* number of the one before it in its bucket */
};

/* Four per entry: three of four packets that come once are done after one look, and one miss. */
#define TWICE_BUCKETS (4 * LIMIT_TWICE_ENTRIES)

/* Sightings are numbered from 1, and 0 is none. That numbers come again after 2^32 does no harm:
 * what is found is compared by its hash. */
struct twice {
    uint32_t next;
    uint32_t newest[TWICE_BUCKETS]; /* number by bucket */
    struct sighting ring[LIMIT_TWICE_ENTRIES];
};

struct twice *twice_new(void)
{
    struct twice *twice = heap_take_zeroed(sizeof *twice);
    twice->next = 1;
    return twice;
}

void twice_free(struct twice *twice)
{
    heap_give(twice, sizeof *twice);
}

enum { TRANSPORT_MOST = 60 };

/* What is compared, in one run of octets without padding. */
struct print {
    uint32_t id;
    uint32_t payload_length;
    uint32_t offset;
    uint32_t fingerprint; /* of what follows the transport header */
    struct address source, destination;
    uint8_t protocol;
    uint8_t more;
    uint8_t octets[TRANSPORT_MOST]; /* the transport header */
};
_Static_assert(offsetof(struct print, octets) == 16 + 2 * sizeof(struct address) + 2, "no padding");

static uint64_t hash_of(const struct ip *ip, struct twice_marks marks)
{
    struct print print;

    assert(marks.header_len <= TRANSPORT_MOST && marks.header_len <= ip->payload.bytes.len);
    print.id = ip->id;
    print.payload_length = (uint32_t)ip->payload.wire;
    print.offset = ip->offset;
    print.fingerprint = marks.fingerprint;
    print.source = ip->source;
    print.destination = ip->destination;
    print.protocol = ip->protocol;
    print.more = ip->more;
    if (marks.header_len) {
        memcpy(print.octets, ip->payload.bytes.at, marks.header_len);
        memset(print.octets + marks.checksum_at, 0, 2);
    }
    return hash64(slice_of(&print, offsetof(struct print, octets) + marks.header_len));
}

/* The newest sighting of that hash, or NULL. Chains are short: the hash is seeded, and of equal
 * ones only the newest is ever reached. */
static struct sighting *find(struct twice *twice, uint64_t hash)
{
    uint32_t number = twice->newest[hash % TWICE_BUCKETS];
    while (number && twice->next - number <= LIMIT_TWICE_ENTRIES) {
        struct sighting *s = &twice->ring[number % LIMIT_TWICE_ENTRIES];
        if (s->hash == hash)
            return s;
        number = s->older;
    }
    return NULL;
}

static void remember(struct twice *twice, uint64_t hash, int64_t time_ns)
{
    uint32_t *newest = &twice->newest[hash % TWICE_BUCKETS];
    twice->ring[twice->next % LIMIT_TWICE_ENTRIES] =
        (struct sighting){.hash = hash, .time_ns = time_ns, .older = *newest};
    *newest = twice->next++;
}

uint64_t twice_print(const struct ip *ip, struct twice_marks marks)
{
    return ip->has_id || marks.has_timestamp ? hash_of(ip, marks) : 0;
}

void twice_expect(const struct twice *twice, uint64_t print)
{
    if (print)
        __builtin_prefetch(&twice->newest[print % TWICE_BUCKETS], 1);
}

void twice_expect_more(const struct twice *twice, uint64_t print)
{
    uint32_t number = print ? twice->newest[print % TWICE_BUCKETS] : 0;
    if (number)
        __builtin_prefetch(&twice->ring[number % LIMIT_TWICE_ENTRIES]);
}

bool twice_met(struct twice *twice, uint64_t print, int64_t time_ns)
{
    if (!print)
        return false;
    const struct sighting *before = find(twice, print);
    if (before && llabs(time_ns - before->time_ns) <= LIMIT_TWICE_NS)
        return true;
    remember(twice, print, time_ns);
    return false;
}
