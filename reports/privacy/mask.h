/* SPDX-License-Identifier: MIT */
#pragma once
/*
 * Credentials out of a message's head, before it is stored: every octet of a secret value becomes
 * '*', so that offsets and lengths stay true.
 */

#include <stddef.h>
#include <stdint.h>

/* Masks in place: the values of Cookie, Set-Cookie, Authorization and Proxy-Authorization (the
 * secret rows of fields.def), and what mask_userinfo() masks. */
void mask_head(uint8_t *head, size_t len);

/* Masks in place what stands before the '@' of an authority: "http://user:pass@host/" (RFC 3986
 * §3.2.1, deprecated, and still met). */
void mask_userinfo(uint8_t *text, size_t len);
