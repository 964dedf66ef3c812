/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of analysis/, with unit and reason. What a cap drops is counted. */

/* words: what one message may make us do */
#define LIMIT_VARY_NAMES     32   /* nominated fields of one response; more: the match is unknown */
#define LIMIT_CANON_MEMBERS  64   /* members of one Accept-like field that are sorted */
#define LIMIT_URL_PARAMETERS 128  /* query parameters that are looked at */
#define LIMIT_PATTERN        1024 /* octets of a URL pattern; the rest becomes "*" */

#define LIMIT_MEMO_TEXT    172 /* octets of a field value that is remembered with what it means */
#define LIMIT_MEMO_ENTRIES 64  /* such values of each kind, 320 octets each; a power of two */

/* clients */
#define LIMIT_CLIENT_ADDRESSES 65536 /* addresses that are remembered; 64 octets each */
#define LIMIT_CLIENT_HOSTS                                                                         \
    16384 /* (address, host) pairs that are watched for 60 s; 192 octets each, 1 KiB with more     \
             than five connections */
#define LIMIT_CLIENT_CONNECTIONS                                                                   \
    32 /* connections of such a pair that are remembered: more than any                            \
          sensible same_address_connections */
#define LIMIT_CLIENT_WINDOW_NS INT64_C(60000000000) /* rules.md A2: within 60 s */

/* the models */
#define LIMIT_RESOURCES                                                                            \
    65536 /* URLs that are remembered; 500 octets and their representations each */
#define LIMIT_REPRESENTATIONS 8 /* of one URL: variants, deployments, backends; the oldest goes */
#define LIMIT_STORE_OCTETS    (UINT64_C(45) << 20) /* octets of all representations */
#define LIMIT_HOLDINGS        262144 /* (client, URL) pairs; 192 octets, as many more with a 304 */
#define LIMIT_HOLDINGS_OF_ONE 4      /* variants that one client holds of one URL */
#define LIMIT_SERVERS         16384  /* server addresses; 700 octets each */
#define LIMIT_LOSSES          16     /* intervals of loss per server; more: neighbours are joined */
#define LIMIT_HABITS          32768  /* (server, URL pattern) pairs; 250 octets each */
#define LIMIT_FAMILIES        16384  /* (server, kind of URL) pairs whose 304s are measured */
#define LIMIT_CLIENTS         65536  /* clients of which it is known that they have a cache */
#define LIMIT_BUSTERS         16384  /* (client, URL without changing parameters) pairs */
#define LIMIT_TAGS_OF_URL                                                                          \
    4 /* entity tags that a URL issued; more: it cannot be said what it                            \
         never issued */
#define LIMIT_ISSUERS       16384 /* tags of which it is known what URL issued them; 24 octets */
#define LIMIT_RECEIPTS      16384 /* (client, URL) pairs with parts, cuts, errors; 700 octets each */
#define LIMIT_OCTET_RANGES  8     /* of one representation that a client was sent in parts */
#define LIMIT_COPIES        32768 /* (client, body) pairs: the same octets under several URLs */
#define LIMIT_ERRANDS       16384 /* open connections that carried 304s only so far; 72 octets */
#define LIMIT_RELOADERS     4096  /* clients whose reloads are watched; 1.2 KiB each */
#define LIMIT_RELOADS       64    /* latest reloads of one client: more than any storm */
#define LIMIT_RELOAD_BURSTS 8     /* latest bursts of them */
#define LIMIT_GHOSTS        (1u << 23) /* bits that remember which URLs were pushed out */

/* both sides of a proxy */
#define LIMIT_PROXIES     1024 /* addresses that ask and answer; 100 octets each */
#define LIMIT_SHELVES     8192 /* (proxy, path) pairs; 300 octets and their exchanges each */
#define LIMIT_LEGS        32   /* exchanges of each kind on one shelf; the oldest goes */
#define LIMIT_LEGS_OCTETS (UINT64_C(16) << 20) /* octets of shelves and all that is on them */
#define LIMIT_PROXY_HOSTS 16 /* hosts for which it is known when a proxy last asked them */
#define LIMIT_FIRST_LEGS  16 /* exchanges of an address kept before it is known to be a proxy */
#define LIMIT_LEG_SLACK_NS                                                                         \
    INT64_C(5000000) /* 5 ms: packets of two sides may be told in the wrong order */

/* what if */
#define LIMIT_STACK_OBJECTS                                                                        \
    16384 /* objects of the modelled shared caches; more: a sample of them */
#define LIMIT_WHATIF_WAITING                                                                       \
    4096 /* exchanges that may still turn out to be the inner one of a pair; 64 octets each */

/* what waits */
#define LIMIT_WAITING           65536 /* exchanges whose accusations wait; the oldest is judged */
#define LIMIT_WAITING_OCTETS    (UINT64_C(24) << 20) /* octets of all that they keep */
#define LIMIT_REFERENCE_SEARCH  64   /* exchanges of one URL that a new 200 is held against */
#define LIMIT_WAITING_UNHELD    16   /* exchanges of one URL that wait without a 200 before them */
#define LIMIT_ALL_UNHELD        4096 /* and of all URLs: they can only be `possible` */
#define LIMIT_WAITING_FOR_COUNT 16   /* exchanges that wait for one count: thresholds are smaller */
#define LIMIT_HEADS_FOR_COUNT   8    /* of these, such as keep their heads */
#define LIMIT_BRIEF             4096 /* 304s with claims that wait for what the client does next */
#define LIMIT_BRIEF_NS          INT64_C(60000000000) /* longer than any refetch on the heels of a 304 */
#define LIMIT_RIPENING_NS                                                                          \
    INT64_C(660000000000)    /* 11 min: losses are told at the latest when an exchange times out */
#define LIMIT_ACCUSATIONS 16 /* of one exchange: more rules than can fire together */
