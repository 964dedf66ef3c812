/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of decode/, with unit and reason. What a cap drops is counted (counters.def). */

#define LIMIT_SHARDS 64                     /* fixed: results may not depend on the number of threads */
#define LIMIT_FLOWS_PER_SHARD (1u << 15)    /* flows; 64 x 32,768 x 256 octets = 512 MiB at the worst */
#define LIMIT_HELD_PER_STREAM (1u << 20)    /* octets waiting for a hole to be filled: a large window */
#define LIMIT_HELD_PER_SHARD (4u << 20)     /* octets held by all streams of a shard */
#define LIMIT_WAITING_REQUESTS 128          /* requests of a connection without response: deep pipelines
                                               are a few dozen */
#define LIMIT_HEAD (256u << 10)             /* octets of one head: servers refuse far smaller ones */
#define LIMIT_FIELDS 1024                   /* field lines of one head */
#define LIMIT_INTERIM_HEADS (64u << 10)     /* octets of 1xx heads of one exchange that are parsed */
#define LIMIT_FRAGMENTED_DATAGRAMS 4096     /* datagrams waiting for fragments */
#define LIMIT_FRAGMENT_MEMORY (16u << 20)   /* octets waiting in them */
#define LIMIT_FRAGMENT_SECONDS 30           /* RFC 791 suggests 15, Linux keeps 30 */
#define LIMIT_TUNNEL_DEPTH 8                /* layers of encapsulation */
#define LIMIT_TWICE_ENTRIES (1u << 16)      /* packets remembered to tell a tap's duplicates */
#define LIMIT_TWICE_NS 5000000              /* a tap's duplicate follows within 5 ms (contract.md) */
#define LIMIT_CLAIM_OCTETS 64               /* octets looked at to identify a protocol */
#define LIMIT_IDENTIFY_PACKETS 8            /* packets of a flow that nDPI is shown */

#define LIMIT_GAP_ACKED_NS 250000000        /* a hole that was acknowledged may still be filled by
                                               packets that the capture has out of order */
#define LIMIT_GAP_NS 10000000000            /* a hole that nobody acknowledged: longer than the first
                                               retransmissions take */
#define LIMIT_RESPONSE_WAIT_NS 600000000000 /* 10 min without an octet: the exchange times out */
#define LIMIT_FLOW_IDLE_NS 7200000000000    /* 2 h without a packet: the flow is forgotten */
#define LIMIT_FLOW_CLOSED_NS 60000000000    /* after both FINs or a RST: late packets still belong */
#define LIMIT_304_GRACE_NS 200000000        /* a 304 waits so long for the illegal body that may follow */
#define LIMIT_TICK_NS 100000000             /* how often deadlines are looked at */
