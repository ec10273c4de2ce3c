//! The numbers of meshing that someone may want to tune.

/// Milliseconds between two mesh cycles, at least, unless the program or its environment says otherwise.
pub const PERIOD_MS: u64 = 100;

/// A cycle starts by itself when at least this many bytes could come back; in proportion less when the period is shorter
/// than [`PERIOD_MS`].
pub const WORTHWHILE: usize = 1 << 20;

/// A cycle that gave back less than one part in this many of what it could have is followed by a longer pause.
pub const EFFECTIVE_SHARE: usize = 32;

/// The pause grows up to this many periods.
pub const LONGEST_PAUSE: u64 = 32;

/// Hundredths of a busy program's time that cycles may take at least, unless it permits none, …
pub const LEAST_EFFORT: u64 = 1;

/// … and at most, unless the program or its environment says otherwise.
pub const MOST_EFFORT: u64 = 25;

/// A heap of which fewer hundredths could come back is dense: it is worth the least effort.
pub const DENSE_PERCENT: u64 = 10;

/// One of which more hundredths could come back is worth the most.
pub const SPARSE_PERCENT: u64 = 50;

/// Milliseconds of a busy program of which the share for cycles is saved up, at most.
pub const CREDIT_MS: u64 = 2_000;

/// Pairs that a cycle in slices keeps from one search, at most.
pub const PAIRS_KEPT: usize = 4_096;

/// Candidates of one search, at most.
pub const CANDIDATES: usize = 1 << 16;

/// Candidates of one search of a cycle in slices, at most: nobody else can work in the thread meanwhile.
pub const CANDIDATES_PER_SLICE: usize = 1 << 12;

/// Records of spans that are looked at for one search, at most: most may be of no use to it.
pub const RECORDS_PER_SEARCH: u32 = if cfg!(test) { 1 << 8 } else { 1 << 16 };

/// Records of spans that are looked at under one hold of a class lock, at most.
pub const RECORDS_PER_HOLD: u32 = if cfg!(test) { 1 << 5 } else { 1 << 10 };

/// Steps of search per candidate: at 3 ns each, 10 ms at most for 100 MiB of spans of one page, and half of it for those of up
/// to 32 slots.
pub const STEPS_PER_CANDIDATE: u64 = 128;

/// Steps of search per cycle and size class, at least: a few spans of many slots need an index too.
pub const LEAST_STEPS: u64 = 4_096;

/// Steps of search per cycle and size class, at most: a few nanoseconds each.
pub const STEPS: u64 = 1 << 23;

/// Candidates of a search from which on it is judged whether rotation serves a class.
pub const LEAST_JUDGED: usize = 64;

/// It does when at least one candidate in this many is meshed.
pub const JUDGED_SHARE: usize = 32;

/// Partners that a candidate would have among random sets, at least, for a search that found none to say anything: a few times
/// what it takes for nearly all to find one.
pub const PARTNERS_OF_RANDOM: usize = 8;

/// Candidates that such a partner is looked for among, at most: larger classes are not searched as a whole.
pub const MOST_JUDGED: usize = 1 << 10;

/// Groups of which the members are looked at under one hold of a class lock, at most.
pub const GROUPS_PER_HOLD: usize = 128;

/// Meshes that are carried out under one hold of a class lock, at most.
pub const MESHES_PER_HOLD: usize = 16;

/// Nanoseconds after which a hold of a class lock ends with the mesh under way.
pub const HOLD_NS: u64 = 300_000;

/// Nanoseconds that is waited at most for the end of another thread's slice of a cycle.
pub const BETWEEN_CYCLES_NS: u64 = 50_000_000;

/// Spans that are dissolved under one hold of a class lock, at most.
pub const LEFTOVERS_PER_HOLD: usize = 32;

/// A cycle takes apart at most one group in this many, the emptiest.
pub const SCATTERED_SHARE: usize = 8;

/// Members of a group that is taken apart, at most: each costs a remap, and one page comes back for all of them.
pub const SCATTERED_MEMBERS: u32 = 8;

/// Pages of the widest runs that are meshed onto others.
pub const WIDEST: u8 = 16;

/// Pages of a block of hosts.
pub const HOST_BLOCK: usize = WIDEST as usize;

/// Hosts of a class for every hundred that would do if all their slots could be filled.
pub const HOSTS_PERCENT: usize = 125;

/// Fewer of them than this are not chosen in blocks.
pub const LEAST_HOSTS: usize = if cfg!(test) { 4 } else { 4 * HOST_BLOCK };

/// Hosts have so many slots at least: of fewer, runs of neighbours fit each other.
pub const LEAST_SLOTS_OF_HOSTS: usize = 8;

/// A block is shared when spans of so many of its pages are joined: to put four onto shared pages one by one costs as much as the whole.
pub const WORTHWHILE_HOSTS: usize = 4;

/// Slots of the longest runs that are meshed onto others while there are mappings for single spans too.
pub const SLOTS_OF_CHEAP_RUNS: usize = 64;

/// Pages of the narrowest runs that are meshed while mappings are scarce and the program frees much.
pub const NARROWEST_HELD: u8 = 4;

/// A program frees much when, from one cycle to the next, more than one byte of small objects in this many goes.
pub const CALM_SHARE: usize = 256;

/// Of the mappings that may be added, one in this many is kept for moves among groups.
pub const MOVING_SHARE: usize = 32;

/// Milliseconds between two looks at how long meshes of a class last.
pub const WATCH_MS: u64 = 1_000;

/// They do not when between two looks one in this many drains of the spans that lie on others' pages, …
pub const FUTILE_SHARE: usize = 2;

/// … and at least so many do.
pub const FUTILE_LEAST: usize = 64;

/// Looks for which such a class is left alone, at most.
pub const LONGEST_TRUCE: u8 = 16;

/// Spans of a class change no more when between two looks fewer than one in this many is made or goes.
pub const QUIET_SHARE: usize = 16;
