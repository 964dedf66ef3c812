/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of decode/, with unit and reason. What a cap drops is counted (counters.def). */

#define LIMIT_SHARDS 64                     /* fixed: results may not depend on the number of threads */
#define LIMIT_FLOWS_PER_SHARD (1u << 15)    /* flows; 64 x 32,768 x 256 octets = 512 MiB at the worst */
#define LIMIT_OPENING_PART 8                /* an eighth of them have carried nothing, at most: 64 MiB
                                               is what a flood of SYNs takes, and 262,144 connections
                                               are more than ever wait to be used */
#define LIMIT_DATAGRAMS_PART 4              /* a quarter of them are no connections: all that is kept
                                               of them is what they weigh */
#define LIMIT_HELD_PER_STREAM (1u << 20)    /* octets waiting for a hole to be filled: a large window */
#define LIMIT_HELD_PIECES 1024              /* segments waiting in one stream: bounds each search; as
                                               many of usual size fill the cap above */
#define LIMIT_HELD_PER_SHARD (4u << 20)     /* octets held by all streams of a shard */
#define LIMIT_BUSY_PER_SHARD (4u << 20)     /* octets of states of protocols, with the heads they keep:
                                               some 2,500 connections with a request under way, 160,000
                                               in all shards */
#define LIMIT_WAITING_REQUESTS 128          /* requests of a connection without response: deep pipelines
                                               are a few dozen */
#define LIMIT_HEAD (256u << 10)             /* octets of one head: servers refuse far smaller ones */
#define LIMIT_FIELDS 1024                   /* field lines of one head */
#define LIMIT_ENTROPY_OCTETS 4096           /* octets of a text whose entropy is measured: a few
                                               microseconds, and more tell little more */
#define LIMIT_FRAGMENTED_DATAGRAMS 4096     /* datagrams waiting for fragments */
#define LIMIT_FRAGMENT_MEMORY (16u << 20)   /* octets waiting in them */
#define LIMIT_FRAGMENT_SECONDS 30           /* RFC 791 suggests 15, Linux keeps 30 */
#define LIMIT_TUNNEL_DEPTH 8                /* layers of encapsulation */
#define LIMIT_TWICE_ENTRIES (1u << 16)      /* packets remembered to tell a tap's duplicates */
#define LIMIT_TWICE_NS 5000000              /* a tap's duplicate follows within 5 ms (contract.md) */
#define LIMIT_CLAIM_OCTETS 64               /* octets looked at to identify a protocol */
#define LIMIT_CLAIM_SEGMENTS 8              /* segments after which a connection that began with
                                               something else (SOCKS) is not asked any more */
#define LIMIT_CLAIM_SEGMENTS_MIDSTREAM 64   /* the same where its beginning was not seen: it may be
                                               in the middle of a body */
#define LIMIT_IDENTIFY_PACKETS 8            /* packets of a flow that nDPI is shown */
#define LIMIT_IDENTIFYING_PER_SHARD 1024    /* flows that nDPI is shown at once, about 1 KiB each */
#define LIMIT_COVERAGE_NAMES 1024           /* server names of a shard that get a row of their own */
#define LIMIT_SEQUENCE_JUMP (1u << 30)      /* octets: no window is larger (RFC 7323 §2.3); what lies
                                               further from the stream's place is not of it */
#define LIMIT_RESET_JUMP (1u << 20)         /* octets that a reset may lie from the stream's place */
#define LIMIT_TIME_NS (INT64_MAX / 2)       /* packet times are cut to +- this: year 2116 */

#define LIMIT_GAP_ACKED_NS 250000000        /* a hole that was acknowledged may still be filled by
                                               packets that the capture has out of order */
#define LIMIT_GAP_NS 10000000000            /* a hole that nobody acknowledged: longer than the first
                                               retransmissions take */
#define LIMIT_RESPONSE_WAIT_NS 600000000000 /* 10 min without an octet: the exchange times out */
#define LIMIT_FLOW_IDLE_NS 7200000000000    /* 2 h without a packet: the flow is forgotten */
#define LIMIT_DATAGRAM_IDLE_NS 300000000000 /* 5 min: the same for what is not TCP (RFC 4787 §4.3) */
#define LIMIT_FLOW_ORDER_NS 10000000000     /* flows are in the order of their last packets to within
                                               10 s: moving one costs cache misses */
#define LIMIT_FLOW_CLOSED_NS 60000000000    /* after both FINs or a RST: late packets still belong */
#define LIMIT_304_GRACE_NS 200000000        /* a 304 waits so long for the illegal body that may follow */
#define LIMIT_TICK_NS 100000000             /* how often deadlines are looked at */
#define LIMIT_BATCH 128                     /* events that go on to analysis together: a lock
                                               per hundred costs nothing, and they stay in a cache */
#define LIMIT_BATCH_OCTETS (1u << 20)       /* octets of their exchanges: heads may be large */
