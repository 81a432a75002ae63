/* Levels of states, expanded by workers that run a program (program.h) on blocks of them; what Python calls.
 *
 * A worker is a thread with registers and notes of its own. Workers share the states, and take the next block when they
 * are done with one. The table is large enough for whatever is found before they look again; it grows between times.
 */
#include "program.h"

/* Workers --------------------------------------------------------------------------------------------------------- */

static void dismiss(Worker *k) {
  if (!k) return;
  free(k->plane), free(k->reg), free(k->done), free(k->notes.fired), free(k->notes.best_row), free(k->notes.best_order), free(k);
}

static Worker *hire(States *s, const Program *p, const Notes *notes, Hand *hand) {
  Worker *k = calloc(1, sizeof *k);
  if (!k) return 0;
  k->s = s, k->p = p, k->hand = hand, k->from = s->rows;
  k->reg = aligned_alloc(64, p->registers * sizeof *k->reg);
  k->done = calloc(p->registers, 4);
  k->notes.fired = calloc(p->actions + p->parts + 1, 1);
  k->notes.best_order = malloc(4 * (p->clauses + 1));
  k->notes.best_row = malloc(4 * (p->clauses + 1));
  if (!k->reg || !k->done || !k->notes.fired || !k->notes.best_order || !k->notes.best_row) {
    dismiss(k);
    return 0;
  }
  k->notes.refused = k->notes.fired + p->actions;
  memset(k->reg[0], 0, sizeof *k->reg);
  if (notes) {
    memcpy(k->notes.refused, notes->refused, p->parts);
    memcpy(k->notes.best_order, notes->best_order, 4 * p->clauses);
    memcpy(k->notes.best_row, notes->best_row, 4 * p->clauses);
  }
  return k;
}

static void tell(const Worker *k, Notes *notes) {
  notes->transitions += k->notes.transitions, notes->stutters += k->notes.stutters;
  for (int i = 0; i < k->p->actions; i++) notes->fired[i] |= k->notes.fired[i];
  for (int i = 0; i < k->p->parts; i++) notes->refused[i] |= k->notes.refused[i];
  for (int i = 0; i < k->p->clauses; i++) {
    i32 order = k->notes.best_order[i], row = k->notes.best_row[i];
    if (order < notes->best_order[i] || (order == notes->best_order[i] && row < notes->best_row[i]))
      notes->best_order[i] = order, notes->best_row[i] = row;
  }
}

typedef struct {
  Worker *worker;
  u64 *next; /* rows of the block that are taken */
  u64 first, count, rows;
  int threads;
} Share;

/* How many rows a thread may take at once so that the table cannot be full before it looks again. */
static u64 rows_at_once(const States *s, const Program *p, int threads) {
  u64 rows = ((u64)1 << s->bits) * 2 / 5 / ((u64)(p->steps + 1) * threads);
  return rows > AT_ONCE ? AT_ONCE : rows / 64 * 64;
}

static void *work(void *given) {
  Share *share = given;
  Worker *k = share->worker;
  const States *s = k->s;
  while (k->status == DONE) {
    if (__atomic_load_n(&s->taken, __ATOMIC_RELAXED) > (((u64)1 << s->bits) / 20) * 11) break;
    u64 at = __atomic_fetch_add(share->next, share->rows, __ATOMIC_RELAXED);
    if (at >= share->count) break;
    u64 left = share->count - at;
    block(k, share->first + at, (int)(left < share->rows ? left : share->rows), (i32)at, 0);
    flush_all(k);
  }
  return 0;
}

typedef struct {
  States states;
  Hand hands[MOST_THREADS];
} Search;

static int expand(
    Search *search, const Program *p, const u64 *from, u64 first, u64 count, int threads, Notes *notes) {
  States *s = &search->states;
  u64 next = 0;
  int status = DONE;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  Worker *workers[MOST_THREADS] = {0};
  for (int t = 0; t < threads; t++)
    if ((workers[t] = hire(s, p, notes, &search->hands[t])))
      workers[t]->from = from;
    else
      status = FULL;
  while (status == DONE && next < count) {
    u64 rows = rows_at_once(s, p, threads);
    if (!rows || s->taken > ((u64)1 << s->bits) / 2) {
      status = grow(s, s->bits + 1, search->hands, MOST_THREADS);
      continue;
    }
    Share shares[MOST_THREADS];
    pthread_t others[MOST_THREADS];
    int begun[MOST_THREADS] = {0};
    for (int t = 0; t < threads; t++) shares[t] = (Share){workers[t], &next, first, count, rows, threads};
    for (int t = 1; t < threads; t++) begun[t] = !pthread_create(&others[t], 0, work, &shares[t]);
    work(&shares[0]);
    for (int t = 1; t < threads; t++)
      if (begun[t]) pthread_join(others[t], 0);
    for (int t = 0; t < threads; t++)
      if (workers[t]->status != DONE) status = workers[t]->status;
  }
  for (int t = 0; t < threads; t++) {
    if (workers[t] && status == DONE) tell(workers[t], notes);
    dismiss(workers[t]);
  }
  return status;
}

/* Take every step from these states. FULL: the memory allowed does not suffice. */
int ringplug_expand(Search *search, const Program *p, u64 first, u64 count, int threads, Notes *notes) {
  return expand(search, p, search->states.rows, first, count, threads, notes);
}

/* The same from states of the caller, which are not among those of the search. */
int ringplug_expand_from(Search *search, const Program *p, const u64 *rows, u64 count, Notes *notes) {
  return expand(search, p, rows, 0, count, 1, notes);
}

/* Forget all states. */
void ringplug_clear(Search *search) {
  States *s = &search->states;
  s->size = s->taken = 0;
  memset(s->table, 0, table_bytes(s));
  memset(search->hands, 0, sizeof search->hands);
}

/* Every transition by the program's steps from these states. */
int ringplug_edges(Search *search, const Program *p, u64 first, u64 count, Edges *edges) {
  Worker *k = hire(&search->states, p, 0, 0);
  if (!k) return FULL;
  k->edges = edges;
  for (u64 at = 0; at < count && k->status == DONE; at += AT_ONCE) {
    u64 left = count - at;
    block(k, first + at, (int)(left < AT_ONCE ? left : AT_ONCE), 0, 0);
    flush_all(k);
  }
  int status = k->status;
  dismiss(k);
  return status;
}

void ringplug_free_edges(Edges *edges) {
  free(edges->before), free(edges->after), free(edges->step);
  memset(edges, 0, sizeof *edges);
}

/* What a program says of these states: bit i of a state's byte is its output i. */
int ringplug_evaluate(Search *search, const Program *p, u64 first, u64 count, u8 *out) {
  Worker *k = hire(&search->states, p, 0, 0);
  if (!k) return FULL;
  for (u64 at = 0; at < count; at += AT_ONCE) {
    u64 left = count - at;
    block(k, first + at, (int)(left < AT_ONCE ? left : AT_ONCE), 0, out + at);
  }
  dismiss(k);
  return DONE;
}

/* From the last transition to the first: what leads into what is reached is reached as well. Whether anything was new. */
int ringplug_sweep(const u32 *before, const u32 *after, u64 count, u8 *reached) {
  int gained = 0;
  for (u64 i = count; i-- > 0;)
    if (reached[after[i]] && !reached[before[i]]) reached[before[i]] = gained = 1;
  return gained;
}

/* States as numpy packs them, in so many words each; the program says what each bit there is. */
static int unpack(Search *search, const Program *p, int words, u64 first, u64 count, u64 *out) {
  Worker *k = hire(&search->states, p, 0, 0);
  if (!k) return FULL;
  k->plane = calloc(64 * (u64)words, sizeof *k->plane);
  if (!k->plane) k->status = FULL;
  for (u64 at = 0; at < count && k->status == DONE; at += AT_ONCE) {
    block(k, first + at, (int)(count - at < AT_ONCE ? count - at : AT_ONCE), 0, 0);
    for (int g = 0; g < k->groups; g++)
      for (int w = 0; w < words; w++) {
        u64 rows[64];
        for (int b = 0; b < 64; b++) rows[b] = k->plane[64 * w + b][g];
        transpose(rows);
        for (int r = 0; r < 64 && 64 * g + r < k->rows; r++) out[(at + 64 * g + r) * words + w] = rows[r];
      }
  }
  int status = k->status;
  dismiss(k);
  return status;
}

int ringplug_unpack(Search *search, const Program *p, int words, u64 first, u64 count, u64 *out) {
  return unpack(search, p, words, first, count, out);
}

typedef struct {
  Search *search;
  const Program *unpacking; /* 0 if states are packed as numpy packs them */
  int words;
} Keys;

/* The keys of so many rows, AT_ONCE at most. */
static int keys(void *given, u64 first, u64 count, New *new) {
  Keys *k = given;
  u64 room[AT_ONCE * MOST_WORDS], *states = k->search->states.rows + first * k->words;
  if (k->unpacking) {
    states = room;
    if (unpack(k->search, k->unpacking, k->words, first, count, room) != DONE) return FULL;
  }
  for (u64 i = 0; i < count; i++) new[i].key = key(states + i * k->words, k->words);
  return DONE;
}

Search *ringplug_new(int words, int processors, int slots, int symmetric, u64 most_bytes) {
  Search *search = calloc(1, sizeof *search);
  if (!search) return 0;
  States *s = &search->states;
  s->processors = processors, s->slots = slots, s->symmetric = symmetric, s->most_bytes = most_bytes;
  s->words = words, s->lanes_per_word = 64 / slots;
  s->lane_mask = slots == 64 ? ~(u64)0 : ((u64)1 << slots) - 1;
  s->most_rows = most_bytes / row_bytes(s);
  if (s->most_rows > 0x78000000u) s->most_rows = 0x78000000u;
  s->reserved = s->most_rows * row_bytes(s) + 4096;
  s->rows = reserve(s->reserved);
  if (!s->rows || grow(s, 10, 0, 0) != DONE) {
    if (s->rows) munmap(s->rows, s->reserved);
    free(search);
    return 0;
  }
  return search;
}

void ringplug_free(Search *search) {
  munmap(search->states.rows, search->states.reserved);
  munmap(search->states.table, table_bytes(&search->states));
  free(search);
}

/* Add one state to the next level. */
int ringplug_add(Search *search, const u64 *state) {
  States *s = &search->states;
  return add(s, &search->hands[0], state, hash(state, s->words), s->words);
}

/* Add states to the next level. */
int ringplug_add_all(Search *search, const u64 *states, u64 count) {
  States *s = &search->states;
  for (u64 i = 0; i < count; i++) {
    if (s->taken > ((u64)1 << s->bits) / 2 && grow(s, s->bits + 1, search->hands, MOST_THREADS) != DONE) return FULL;
    if (ringplug_add(search, states + i * s->words) != DONE) return FULL;
  }
  return DONE;
}

/* Take states back that were numbered before, in the order of their numbers. */
int ringplug_restore(Search *search, const u64 *states, u64 count) {
  States *s = &search->states;
  if (s->taken != s->size || s->size + count > s->most_rows) return FULL;
  memcpy(s->rows + s->size * s->words, states, count * row_bytes(s));
  u64 first = s->size;
  s->taken = s->size = first + count;
  int bits = s->bits;
  while (s->taken > ((u64)1 << bits) / 2) bits++;
  if (bits > s->bits) return grow(s, bits, search->hands, MOST_THREADS);
  put_all(s, first, s->size);
  return DONE;
}

/* The rows of the next level so far, as pairs of numbers: from one to before another. At most MOST_THREADS + 1 pairs. */
int ringplug_unnumbered(const Search *search, u64 *pairs) {
  Hand used[65];
  int n = stretches(&search->states, search->hands, MOST_THREADS, used);
  for (int i = 0; i < n; i++) pairs[2 * i] = used[i].next, pairs[2 * i + 1] = used[i].end;
  return n;
}

/* Number the next level, in the order of the states as numpy packs them. */
int ringplug_admit(Search *search, const Program *unpacking, int words) {
  Keys by = {search, unpacking, words};
  return number_level(&search->states, search->hands, MOST_THREADS, keys, &by);
}

u64 ringplug_size(const Search *search) { return search->states.size; }
u64 ringplug_taken(const Search *search) { return search->states.taken; }
u64 ringplug_bytes(const Search *search) {
  u64 now = held(&search->states), peak = search->states.peak;
  return now > peak ? now : peak;
}
u64 *ringplug_rows(Search *search) { return search->states.rows; }

void ringplug_find(const Search *search, const u64 *states, u64 count, u32 *numbers) {
  const States *s = &search->states;
  u64 nowhere;
  for (u64 i = 0; i < count; i++) {
    const u64 *state = states + i * s->words;
    numbers[i] = find(s, state, hash(state, s->words), s->words, &nowhere);
  }
}
