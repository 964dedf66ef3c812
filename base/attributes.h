/* SPDX-License-Identifier: MIT */
#pragma once
/* Promises that the compiler checks, so that headers need not repeat them in prose. */

#define MUST_USE     __attribute__((warn_unused_result))
#define PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NORETURN     __attribute__((noreturn))
#define UNUSED       __attribute__((unused))
#define COLD         __attribute__((cold)) /* seldom called: nor is what leads to a call kept near */
#define LIKELY(x)    __builtin_expect(!!(x), 1)
#define UNLIKELY(x)  __builtin_expect(!!(x), 0)
#define COUNT_OF(a)  (sizeof(a) / sizeof((a)[0]))

/* Memory that we hand out ourselves is each an allocation of its own there, so that it is seen who
 * uses what he gave back. clang says it in another way than gcc. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNDER_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define UNDER_ADDRESS_SANITIZER
#endif
