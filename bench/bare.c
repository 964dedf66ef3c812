/* SPDX-License-Identifier: MIT */
/*
 * The least that a capture can do, as `wire304 live` opens it: packets are taken from the ring and
 * forgotten.
 *
 *     bare INTERFACE SECONDS        prints packets, octets and packets dropped by the kernel
 */

#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <pcap/pcap.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static pcap_t *open_ring(const char *name)
{
    char text[PCAP_ERRBUF_SIZE];
    pcap_t *pcap = pcap_create(name, text);
    if (!pcap)
        return NULL;
    pcap_set_snaplen(pcap, 262144);
    pcap_set_promisc(pcap, 1);
    pcap_set_timeout(pcap, 100);
    pcap_set_buffer_size(pcap, 64 << 20);
    pcap_set_tstamp_precision(pcap, PCAP_TSTAMP_PRECISION_NANO);
    return pcap_activate(pcap) >= 0 && pcap_setnonblock(pcap, 1, text) == 0 ? pcap : NULL;
}

int main(int argc, char **argv)
{
    uint64_t packets = 0, octets = 0;
    struct pcap_pkthdr *header;
    struct pcap_stat stat;
    const u_char *bytes;
    pcap_t *pcap = argc == 3 ? open_ring(argv[1]) : NULL;
    if (!pcap) {
        fprintf(stderr, "usage: bare INTERFACE SECONDS, as root\n");
        return 1;
    }
    double end = now() + atof(argv[2]);
    struct pollfd polled = {.fd = pcap_get_selectable_fd(pcap), .events = POLLIN};
    while (now() < end) {
        if (pcap_next_ex(pcap, &header, &bytes) == 1) {
            packets++;
            octets += header->len;
        } else {
            poll(&polled, 1, 100);
        }
    }
    pcap_stats(pcap, &stat);
    printf("%llu %llu %u\n", (unsigned long long)packets, (unsigned long long)octets, stat.ps_drop);
    pcap_close(pcap);
    return 0;
}
