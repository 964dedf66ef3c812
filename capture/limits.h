/* SPDX-License-Identifier: MIT */
#pragma once
/* Every cap of capture/, with unit and reason. Where one is met, the input's trouble says so. */

#include <stdint.h>

/* Octets of one packet: libpcap's MAXIMUM_SNAPLEN for every link that carries IP, and dumpcap's
 * default. A pcap record that claims more is damage; a pcapng packet whose block bears it out is
 * cut to this. (libpcap believes up to 128 MiB for D-Bus and USB, which carry no HTTP.) */
#define LIMIT_PACKET (256u << 10)

/* Times in ns before and after the Unix epoch, in 1830 and 2109: all that pcap can say, and so that
 * the time between any two, and years more, can be said in 64 bits. What pcapng says beyond is
 * this.
 */
#define LIMIT_TIME INT64_C(4400000000000000000)

/* Octets of one pcapng block, as libpcap has it: more is damage. */
#define LIMIT_BLOCK (16u << 20)

/* Interfaces of one pcapng section, 48 octets each; dumpcap writes a few. */
#define LIMIT_INTERFACES (1u << 16)

/* Link types of one capture: 30 of IANA's 300 carry IP. No filter matches on those beyond. */
#define LIMIT_LINKS 64

/* Octets of uncompressed capture held per open input: twice the largest packet. */
#define LIMIT_WINDOW (512u << 10)

/* Octets of compressed file held per open input. */
#define LIMIT_STORED (128u << 10)

/* Octets of a read, where no packet needs more: what the kernel has copied is looked at while it
 * lies in the second cache. */
#define LIMIT_READ (128u << 10)

/* Octets of the first read of a file, four times as many each time after: the first look at a ring
 * of a thousand files stays cheap. */
#define LIMIT_FIRST_READ (16u << 10)

/* log2 of the largest zstd window, 128 MiB: what `zstd --ultra -22` writes. */
#define LIMIT_ZSTD_WINDOW_LOG 27

/* Rings of an interface: beyond it one reader has more to look through than locks cost. */
#define LIMIT_RINGS 16

/* Packets that are taken out of a ring at once: as many as decode likes to have together. Their
 * octets take address space for the largest, and memory for what they are. */
#define LIMIT_READ_AHEAD 16

/* Files of --packets whose packets are remembered by number: an exchange that began more files ago
 * has no place in the ring. It keeps 16 files; 16 KiB. */
#define LIMIT_RING_RANGES 1024
