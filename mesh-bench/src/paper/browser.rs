//! A browser-like mix, in place of Firefox under Speedometer (section 6.2.1): threads open tabs, browse in them and close
//! most of them again, in phases whose sizes differ a little.
//!
//! What outlives its tab (caches, history, atoms) lies among what does not. Threads end with their phase and hand their
//! tabs on, so most objects are freed by another thread than the one that allocated them.

use super::experiment::{Bench, Body, Experiment, Work, own};
use super::marks::{Mark, say, say_end};
use crate::block::Block;
use crate::site::Scale;
use anyhow::Result;
use fastrand::Rng;
use std::time::Duration;

/// The mix in a process of our own.
pub(crate) const TABS: Experiment = Experiment {
    name: "browser",
    group: "browser",
    about: "Browser: 4 threads open tabs, browse, and close most of them, 5 times",
    needs: &[],
    prepare,
    variants: &[],
    targets: &[],
    bound: None,
};

const THREADS: u64 = 4;
const PHASES: usize = 5;
const TABS_PER_PHASE: usize = 10;
const BLOCKS: u64 = 4_000;
/// One in so many blocks goes to the cache.
const CACHED: usize = 40;
/// Replacements while browsing, for each block.
const TURNOVER: usize = 2;
/// Of ten tabs, so many are closed at the end of a phase.
const CLOSED: usize = 7;
/// Between the phases nobody touches the browser.
const REST: Duration = Duration::from_millis(300);
const LAST_REST: Duration = Duration::from_millis(1500);

fn prepare(bench: Bench<'_>) -> Result<Body<'_>> {
    own(bench, Work::Browser)
}

/// What one thread has.
struct Window {
    rng: Rng,
    tabs: Vec<Tab>,
    cache: Vec<Block>,
}

struct Tab {
    stamp: u64,
    blocks: Vec<Block>,
}

const CACHE_STAMP: u64 = u64::MAX;

/// Does it, and ends the process when a block was overwritten.
pub(crate) fn work(scale: Scale) -> Result<()> {
    say(Mark::Baseline)?;
    let blocks = scale.of(BLOCKS) as usize;
    let mut windows: Vec<Window> = (1..=THREADS).map(Window::new).collect();
    for phase in 0..PHASES {
        in_threads(&mut windows, |window| window.browse(phase, blocks));
        say(Mark::Live(live(&windows)))?;
        // The neighbour's thread closes what this one's opened.
        windows.rotate_left(1);
        in_threads(&mut windows, Window::close_most);
        say(Mark::Live(live(&windows)))?;
        std::thread::sleep(REST);
    }
    std::thread::sleep(LAST_REST);
    windows.iter().for_each(Window::expect_stamps);
    say(Mark::Live(live(&windows)))?;
    say_end()
}

fn in_threads(windows: &mut [Window], act: impl Fn(&mut Window) + Sync) {
    std::thread::scope(|scope| {
        for window in windows {
            scope.spawn(|| act(window));
        }
    });
}

fn live(windows: &[Window]) -> u64 {
    let blocks = windows.iter().flat_map(|window| {
        let tabs = window.tabs.iter().flat_map(|tab| &tab.blocks);
        tabs.chain(&window.cache)
    });
    blocks.map(|block| block.size() as u64).sum()
}

impl Window {
    fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            tabs: Vec::new(),
            cache: Vec::new(),
        }
    }

    /// Opens tabs of about `blocks` blocks each, and replaces their blocks at random.
    fn browse(&mut self, phase: usize, blocks: usize) {
        for _ in 0..TABS_PER_PHASE {
            let stamp = self.rng.u64(..CACHE_STAMP);
            let mut tab = Tab {
                stamp,
                blocks: Vec::new(),
            };
            for _ in 0..self.rng.usize(blocks / 2..=blocks * 3 / 2) {
                tab.blocks.push(filled(&mut self.rng, phase, stamp));
                if self.rng.usize(..CACHED) == 0 {
                    let kept = filled(&mut self.rng, phase, CACHE_STAMP);
                    self.cache.push(kept);
                }
            }
            self.tabs.push(tab);
        }
        for _ in 0..TABS_PER_PHASE * blocks * TURNOVER {
            let tab = self.rng.usize(..self.tabs.len());
            let tab = &mut self.tabs[tab];
            let place = self.rng.usize(..tab.blocks.len());
            tab.blocks[place].expect(tab.stamp);
            tab.blocks[place] = filled(&mut self.rng, phase, tab.stamp);
        }
    }

    /// Closes tabs at random, and drops a tenth of the cache.
    fn close_most(&mut self) {
        self.rng.shuffle(&mut self.tabs);
        let closed = self.tabs.len() * CLOSED / 10;
        for tab in self.tabs.drain(..closed) {
            tab.expect_stamps();
        }
        let rng = &mut self.rng;
        self.cache.retain(|_| rng.usize(..10) > 0);
    }

    fn expect_stamps(&self) {
        self.tabs.iter().for_each(Tab::expect_stamps);
        for block in &self.cache {
            block.expect(CACHE_STAMP);
        }
    }
}

impl Tab {
    fn expect_stamps(&self) {
        for block in &self.blocks {
            block.expect(self.stamp);
        }
    }
}

fn filled(rng: &mut Rng, phase: usize, stamp: u64) -> Block {
    let mut block = Block::new(size(rng, phase), stamp);
    block.fill(stamp as u8);
    block
}

/// Nodes, strings, arrays, script and images, from 16 bytes to 256 KiB; each phase's nodes are a little larger.
fn size(rng: &mut Rng, phase: usize) -> usize {
    match rng.u32(..1000) {
        0..600 => 24 + 16 * rng.usize(..20) + 8 * phase,
        600..850 => {
            let least = 16 << rng.u32(..5);
            rng.usize(least..1024)
        }
        850..970 => 48 * rng.usize(2..22),
        970..998 => rng.usize(1 << 10..8 << 10),
        _ => rng.usize(16 << 10..256 << 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_many_and_mostly_small() {
        let mut rng = Rng::with_seed(1);
        let sizes: Vec<usize> = (0..20_000).map(|_| size(&mut rng, PHASES - 1)).collect();
        assert!(sizes.iter().all(|size| (16..256 << 10).contains(size)));
        let small = sizes.iter().filter(|&&size| size < 1024).count();
        assert!((19_000..19_700).contains(&small), "{small}");
        assert!(sizes.iter().any(|&size| size > 64 << 10));
    }

    #[test]
    fn closing_tabs_leaves_the_cache_and_three_in_ten() {
        let mut window = Window::new(1);
        window.browse(0, 40);
        let cached = window.cache.len();
        assert_eq!(window.tabs.len(), TABS_PER_PHASE);
        let before = live(std::slice::from_ref(&window));
        window.close_most();
        window.expect_stamps();
        assert_eq!(window.tabs.len(), 3);
        assert!(window.cache.len() <= cached);
        assert!(live(&[window]) < before);
    }
}
