/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * The flows of one shard: who talks to whom, found by addresses and ports in either direction, in
 * the order of their last packets. A flow that is idle costs the 256 octets of struct flow and
 * nothing else; what is needed only while something is in progress hangs off `active`
 * (connection.h).
 *
 * Flows are named by index: it stays valid until flow_table_remove(), and is used again after it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "decode/segment.h"
#include "decode/tcp_stream.h"

/* The same for both directions: the lower end (address, then port) comes first. */
struct flow_key {
    uint8_t address[2][16];
    uint16_t port[2];
    uint8_t ip_protocol, family;
    uint16_t zero;
};
_Static_assert(sizeof(struct flow_key) == 40,
               "a key has no padding: it is hashed and compared whole");

/* Fills *key and returns which end (0 or 1) sent the segment. */
unsigned flow_key_of(const struct segment *segment, struct flow_key *key);
/* The same where it is known which end sent it. */
void flow_key_fill(struct flow_key *key, const struct segment *segment, unsigned sender);
/* The same in every run: which shard, and nothing else, depends on it. */
uint64_t flow_key_hash_stable(const struct flow_key *key);
/* Seeded; the table's own. */
uint32_t flow_key_tag(const struct flow_key *key);

/* Which flow a segment belongs to, and which end sent it. */
struct flow_call {
    struct flow_key key;
    uint32_t tag; /* of the key */
    unsigned sender;
};

enum flow_flag {
    FLOW_CLIENT_KNOWN = 1, /* client_end means something */
    FLOW_BEGAN = 2,        /* a SYN was seen */
    FLOW_CLOSED = 4,       /* both FINs or a RST */
    FLOW_FIN_0 = 8,        /* end 0 has sent a FIN; FLOW_FIN_0 << 1: end 1 */
    FLOW_FIN_1 = 16,
    FLOW_IDENTIFIED = 32, /* nDPI has been asked, or is not to be */
    FLOW_SAW_0 = 64,      /* end 0 has sent anything; FLOW_SAW_0 << 1: end 1 */
    FLOW_SAW_1 = 128,
};

enum flow_reading {
    READING_UNDECIDED, /* TCP, and no protocol has claimed it yet */
    READING_PROTOCOL,  /* flow->protocol reads it */
    READING_LEFT,      /* it did, until the connection left it */
    READING_NOTHING,
};

enum flow_handshake { /* what flow->rtt_ns is */
                      HANDSHAKE_NONE,
                      HANDSHAKE_SYN,     /* time of the SYN */
                      HANDSHAKE_SYN_ACK, /* the same, and the SYN-ACK was seen */
                      HANDSHAKE_DONE,    /* the round trip */
                      HANDSHAKE_UNSURE,  /* nothing: parts of it were repeated */
};

#define FLOW_NONE UINT32_MAX

struct active;

/* Four lines of a cache, which for most connections are not in it when their packet comes: so the
 * two that every packet touches come first, then what it takes to work on octets, then what is
 * needed when an exchange is finished. */
struct flow {
    struct flow_key key;
    int64_t last_ns; /* time of the last packet, or of the one that closed it */
    uint64_t packets, wire_bytes;

    struct tcp_stream stream[2]; /* by sender */
    struct active *active;       /* NULL while nothing is in progress */
    int64_t listed_ns;           /* clock when it came to the front of its list */
    uint8_t flags;               /* enum flow_flag */
    uint8_t reading;             /* enum flow_reading */
    uint8_t handshake;           /* enum flow_handshake */
    uint8_t client_end;          /* 0 or 1 */
    uint8_t tries;               /* segments that no protocol claimed */
    uint8_t shown;               /* packets that nDPI was shown */
    uint8_t protocol;            /* index into the list of protocols */
    uint8_t list;                /* enum flow_list */

    int64_t due_ns;          /* the earliest of its deadlines that is queued, or INT64_MAX */
    uint64_t exchange_bytes; /* of wire_bytes, what its exchanges have */
    uint64_t retransmitted_bytes;
    uint64_t lost_bytes;
    uint64_t unread_bytes; /* payload octets that nobody read */
    uint32_t newer, older; /* in its list, or FLOW_NONE */
    uint32_t tag;          /* of its hash */
    uint32_t index;
    uint32_t exchanges;
    uint32_t row; /* its row of coverage once it is known, else FLOW_NONE */

    /* how it began */
    uint64_t first_ordinal, first_frame;
    int64_t first_ns;
    int64_t rtt_ns; /* see enum flow_handshake */
    uint32_t first_input;
    struct address preamble_client;
} __attribute__((aligned(64)));
_Static_assert(offsetof(struct flow, due_ns) == 2 * 64, "every packet touches two lines");
_Static_assert(sizeof(struct flow) == 256, "an idle flow costs 256 octets");

/* Each in the order in which its flows were listed: oldest last. A connection is opening as long as
 * it has carried nothing: a flood of those shall not push out others. */
enum flow_list { LIST_CLOSED, LIST_OPENING, LIST_DATAGRAMS, LIST_CONNECTIONS, FLOW_LISTS };

struct flow_slot {
    uint32_t tag, index;
};

struct flow_table {
    struct flow_slot *slots; /* open addressing, linear probing; FLOW_NONE: empty */
    uint32_t mask;
    uint32_t count, max;
    struct flow **blocks; /* of FLOW_BLOCK flows each */
    uint32_t n_blocks;
    uint32_t free; /* list of unused flows through `older` */
    uint32_t newest[FLOW_LISTS], oldest[FLOW_LISTS], listed[FLOW_LISTS]; /* listed: how many */
};

#define FLOW_BLOCK_BITS 6
#define FLOW_BLOCK      (1u << FLOW_BLOCK_BITS)

void flow_table_init(struct flow_table *table, uint32_t max);
void flow_table_fini(struct flow_table *table);

static inline struct flow *flow_at(const struct flow_table *table, uint32_t index)
{
    return &table->blocks[index >> FLOW_BLOCK_BITS][index & (FLOW_BLOCK - 1)];
}

/* The flow with that key, whose tag it is, or NULL. */
struct flow *flow_table_find(const struct flow_table *table, const struct flow_key *key,
                             uint32_t tag);

/* That flow is going to be asked for: brings nearer where it is looked for, then the flow, in two
 * steps with something else to do between them; of the flow what every packet touches, or `all` of
 * it. Returns the flow that it probably is, or NULL. */
void flow_table_expect(const struct flow_table *table, uint32_t tag);
struct flow *flow_table_expect_flow(const struct flow_table *table, uint32_t tag, bool all);

static inline bool flow_table_is_full(const struct flow_table *table)
{
    return table->count >= table->max;
}

/* A new flow at the front of its list; there is none with that key, and the table is not full. */
struct flow *flow_table_add(struct flow_table *table, const struct flow_key *key, uint32_t tag,
                            enum flow_list list, int64_t clock_ns);

/* Moves it to the front of `list`, where it is not there already or has not been moved for
 * LIMIT_FLOW_ORDER_NS. */
void flow_table_touch(struct flow_table *table, struct flow *flow, enum flow_list list,
                      int64_t clock_ns);

/* Whom to forget when there is no room: of the closed ones, of those that are opening and of the
 * datagrams, where they have more than their part of the places, else of all others, the oldest. */
struct flow *flow_table_victim(struct flow_table *table, int64_t clock_ns);

/* The oldest of a list that has its part of the places, though there be room for more; else NULL.
 * Connections may have all. */
struct flow *flow_table_surplus(const struct flow_table *table, enum flow_list list);

/* How many flow_at() may be asked for; those not in use have nothing in progress. */
static inline uint32_t flow_table_places(const struct flow_table *table)
{
    return table->n_blocks * FLOW_BLOCK;
}

/* The oldest flow of a list, or NULL. */
struct flow *flow_table_oldest(const struct flow_table *table, enum flow_list list);

void flow_table_remove(struct flow_table *table, struct flow *flow);
