/* The states of a search: numbered rows of words, and an open-addressing table that finds a state's number.
 *
 * A state is `words` 64-bit words, packed as packing.py packs it. Rows lie one after the other in
 * memory that is reserved once and never moves, so that the caller may look at them while the search goes on. An entry
 * of the table holds a row's number plus one and, in the bits that are left, bits of the state's hash: two states are
 * the same only if all their words are. Several threads may add states at once; the rows they add are then sorted, so
 * that numbers do not depend on who was first.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef int32_t i32;
typedef uint8_t u8;

#ifndef MAP_NORESERVE /* not every system has it, or needs it */
#define MAP_NORESERVE 0
#endif

#define INLINE static inline __attribute__((always_inline))
#define MOST_WORDS 8
#define NONE 0xFFFFFFFFu
#define AHEAD 16      /* how far ahead memory is asked for */
#define HANDED_OUT 64 /* rows that a thread takes at once */
#define AT_ONCE 2048  /* states that a program is run on at once */

enum { DONE = 0, FULL = 1, GROW = 2 };

typedef struct {
  int words, processors, slots, symmetric, lanes_per_word; /* all but the first are for symmetry */
  u64 lane_mask;
  u64 *rows;
  u64 reserved; /* bytes of rows */
  u64 most_bytes, most_rows;
  u64 size;  /* rows with their final numbers */
  u64 taken; /* rows handed out, those of the next level among them */
  u32 *table;
  int bits; /* the table has 2^bits entries */
  u64 peak; /* bytes at the worst moment, when a level was sorted */
} States;

/* Rows of the next level that a thread took and did not use are [next, end). */
typedef struct {
  u64 next, end;
} Hand;

static void *reserve(u64 bytes) {
  void *at = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED) return 0;
#ifdef MADV_HUGEPAGE
  if (bytes >= 8u << 20) madvise(at, bytes, MADV_HUGEPAGE);
#endif
  return at;
}

INLINE u64 mixed(u64 x) {
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93u;
  x = (x ^ (x >> 32)) * 0xD6E8FEB86659FD93u;
  return x ^ (x >> 32);
}

INLINE u64 hash(const u64 *state, int words) {
  u64 h = state[0];
  for (int w = 1; w < words; w++) h = mixed(h) + state[w];
  return mixed(h);
}

/* The order of the states of a level: that of `keys_of` in numbering.py. */
INLINE u64 key(const u64 *state, int words) {
  u64 m = state[0];
  if (words == 1) return m;
  for (int w = 1; w < words; w++) {
    m = (m ^ (m >> 29)) * 0xBF58476D1CE4E5B9u;
    m = (m ^ (m >> 32)) + state[w] * 0x9E3779B97F4A7C15u;
  }
  return m ^ (m >> 31);
}

INLINE int same(const u64 *left, const u64 *right, int words) {
  u64 differ = 0;
  for (int w = 0; w < words; w++) differ |= left[w] ^ right[w];
  return !differ;
}

/* Rename processors so that their lanes grow. */
INLINE void canonical(const States *s, u64 *state, int words) {
  u64 lane[8];
  int n = s->processors, per = s->lanes_per_word, w = 0, at = 0;
  for (int i = 0; i < n; i++, at++) {
    if (at == per) w++, at = 0;
    u64 mine = (state[w] >> (at * s->slots)) & s->lane_mask;
    for (int j = 0; j < i; j++) {
      u64 other = lane[j];
      lane[j] = mine < other ? mine : other;
      mine = mine < other ? other : mine;
    }
    lane[i] = mine;
  }
  for (w = 0; w < words; w++) state[w] = 0;
  w = at = 0;
  for (int i = 0; i < n; i++, at++) {
    if (at == per) w++, at = 0;
    state[w] |= lane[i] << (at * s->slots);
  }
}

INLINE u32 tag(const States *s, u64 h) { return (u32)h << s->bits; }
INLINE u32 number_of(const States *s, u32 entry) { return (entry & (((u32)1 << s->bits) - 1)) - 1; }
INLINE u64 slot(const States *s, u64 h) { return h >> (64 - s->bits); }
INLINE u64 after(const States *s, u64 at) { return (at + 1) & (((u64)1 << s->bits) - 1); }
INLINE u32 look(const u32 *entry) { return __atomic_load_n(entry, __ATOMIC_ACQUIRE); }

/* The number of a state, or NONE; `at` is then the free entry of the table. */
INLINE u32 find(const States *s, const u64 *state, u64 h, int words, u64 *at) {
  u32 mine = tag(s, h), number_bits = ((u32)1 << s->bits) - 1;
  for (u64 i = slot(s, h);; i = after(s, i)) {
    u32 entry = look(&s->table[i]);
    if (!entry) {
      *at = i;
      return NONE;
    }
    if ((entry & ~number_bits) == mine) {
      u32 number = number_of(s, entry);
      if (same(s->rows + (u64)number * words, state, words)) return number;
    }
  }
}

/* Add a state if it is new. */
INLINE int add(States *s, Hand *hand, const u64 *state, u64 h, int words) {
  u64 at = 0;
  while (find(s, state, h, words, &at) == NONE) {
    if (hand->next == hand->end) {
      u64 first = __atomic_fetch_add(&s->taken, HANDED_OUT, __ATOMIC_RELAXED);
      if (first + HANDED_OUT > s->most_rows) return FULL;
      hand->next = first, hand->end = first + HANDED_OUT;
    }
    for (int w = 0; w < words; w++) s->rows[hand->next * words + w] = state[w];
    u32 nothing = 0, entry = tag(s, h) | (u32)(hand->next + 1);
    if (__atomic_compare_exchange_n(&s->table[at], &nothing, entry, 0, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE)) {
      hand->next++;
      return DONE;
    }
  }
  return DONE;
}

static u64 row_bytes(const States *s) { return 8 * (u64)s->words; }
static u64 table_bytes(const States *s) { return (u64)4 << s->bits; }
static u64 held(const States *s) { return s->taken * row_bytes(s) + table_bytes(s); }

INLINE void put(States *s, u64 number) {
  u64 h = hash(s->rows + number * s->words, s->words), at = slot(s, h);
  while (s->table[at]) at = after(s, at);
  s->table[at] = tag(s, h) | (u32)(number + 1);
}

static void put_all(States *s, u64 first, u64 end) {
  for (u64 n = first; n < end; n++) {
    if (n + AHEAD < end) {
      u64 h = hash(s->rows + (n + AHEAD) * s->words, s->words);
      __builtin_prefetch(&s->table[slot(s, h)], 1);
    }
    put(s, n);
  }
}

static int by_end(const void *left, const void *right) {
  u64 a = ((const Hand *)left)->end, b = ((const Hand *)right)->end;
  return a < b ? -1 : a > b;
}

/* The rows of the next level that are used, as stretches between what the hands did not use. */
static int stretches(const States *s, const Hand *hands, int count, Hand *used) {
  Hand left[64];
  int n = 0, found = 0;
  for (int t = 0; t < count; t++)
    if (hands[t].next < hands[t].end) left[n++] = hands[t];
  qsort(left, n, sizeof *left, by_end);
  u64 from = s->size;
  for (int t = 0; t < n; t++) {
    if (from < left[t].next) used[found++] = (Hand){from, left[t].next};
    from = left[t].end;
  }
  if (from < s->taken) used[found++] = (Hand){from, s->taken};
  return found;
}

/* A table of twice the size, or as large as it has to be. */
static int grow(States *s, int bits, const Hand *hands, int count) {
  if (bits > 31 || s->taken * row_bytes(s) + ((u64)4 << bits) > s->most_bytes) return FULL;
  if (s->table) munmap(s->table, table_bytes(s));
  s->bits = bits;
  s->table = reserve(table_bytes(s));
  if (!s->table) return FULL;
  Hand used[65];
  int n = stretches(s, hands, count, used);
  put_all(s, 0, s->size);
  for (int i = 0; i < n; i++) put_all(s, used[i].next, used[i].end);
  return DONE;
}

typedef struct {
  u64 key;
  u32 row, entry;
} New;

static void sort(New *from, New *to, u64 count) {
  New *sorted = from;
  for (int shift = 0; shift < 64; shift += 8) {
    u64 starts[256] = {0}, at = 0;
    for (u64 i = 0; i < count; i++) starts[from[i].key >> shift & 255]++;
    if (starts[from[0].key >> shift & 255] == count) continue;
    for (int d = 0; d < 256; d++) {
      u64 mine = starts[d];
      starts[d] = at, at += mine;
    }
    for (u64 i = 0; i < count; i++) to[starts[from[i].key >> shift & 255]++] = from[i];
    New *swap = from;
    from = to, to = swap;
  }
  if (from != sorted) memcpy(to, from, count * sizeof *from);
}

static int first_of(const States *s, const New *left, const New *right) {
  for (int w = 0; w < s->words; w++) {
    u64 a = s->rows[(u64)left->row * s->words + w], b = s->rows[(u64)right->row * s->words + w];
    if (a != b) return a < b;
  }
  return 0;
}

/* Two states with one key stand in the order of their words. */
static void settle(const States *s, New *new, u64 count) {
  for (u64 i = 1; i < count; i++)
    for (u64 j = i; j && new[j].key == new[j - 1].key && first_of(s, &new[j], &new[j - 1]); j--) {
      New swap = new[j];
      new[j] = new[j - 1], new[j - 1] = swap;
    }
}

static u32 entry_of(const States *s, u64 row) {
  u64 at = slot(s, hash(s->rows + row * s->words, s->words));
  while (number_of(s, s->table[at]) != row || !s->table[at]) at = after(s, at);
  return (u32)at;
}

/* Number the rows that were added, in the order of their keys, which `keys` gives for rows from one number to another. */
static int number_level(States *s, Hand *hands, int count, int (*keys)(void *, u64, u64, New *), void *with) {
  Hand used[65];
  int n = stretches(s, hands, count, used), words = s->words;
  u64 total = 0, i = 0, bytes = row_bytes(s);
  for (int k = 0; k < n; k++) total += used[k].end - used[k].next;
  for (int t = 0; t < count; t++) hands[t] = (Hand){0, 0};
  if (!total) {
    s->taken = s->size;
    return DONE;
  }
  u64 scratch = total * (2 * sizeof(New) + bytes);
  if (held(s) + scratch > s->most_bytes) return FULL;
  if (held(s) + scratch > s->peak) s->peak = held(s) + scratch;
  char *room = malloc(scratch);
  if (!room) return FULL;
  New *new = (New *)room;
  u64 *copies = (u64 *)(room + total * 2 * sizeof(New));
  for (int k = 0; k < n; k++)
    for (u64 row = used[k].next; row < used[k].end; row += AT_ONCE) {
      u64 rows = used[k].end - row < AT_ONCE ? used[k].end - row : AT_ONCE;
      if (keys(with, row, rows, new + i) != DONE) {
        free(room);
        return FULL;
      }
      for (u64 r = 0; r < rows; r++) new[i++].row = (u32)(row + r);
    }
  sort(new, new + total, total);
  settle(s, new, total);
  for (i = 0; i < total; i++) {
    if (i + AHEAD < total) __builtin_prefetch(s->rows + (u64)new[i + AHEAD].row * words);
    memcpy(copies + i * words, s->rows + (u64)new[i].row * words, bytes);
  }
  for (i = 0; i < total; i++) {
    if (i + AHEAD < total) __builtin_prefetch(&s->table[slot(s, hash(copies + (i + AHEAD) * words, words))]);
    new[i].entry = entry_of(s, new[i].row);
  }
  u32 tags = ~(((u32)1 << s->bits) - 1);
  for (i = 0; i < total; i++) s->table[new[i].entry] = (s->table[new[i].entry] & tags) | (u32)(s->size + i + 1);
  memcpy(s->rows + s->size * words, copies, total * bytes);
  free(room);
  s->size += total, s->taken = s->size;
  return DONE;
}
