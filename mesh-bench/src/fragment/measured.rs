//! The measured process: allocate, free, wait, verify.
//!
//! Between the baseline and the last figure nothing allocates but the objects themselves and, unless it is to be quiet,
//! one small object every tick of the wait.

use super::contents::{self, Key};
use super::gauge::Gauge;
use super::outcome::{Damage, Outcome, PAGE};
use super::plan::Plan;
use super::span::Span;
use crate::block::Block;
use crate::child;
use crate::malloc;
use crate::mappings;
use crate::objects::Objects;
use anyhow::{Context, Result};
use arrayvec::ArrayVec;
use std::path::Path;
use std::time::{Duration, Instant};

/// Most different usable sizes among the kept objects.
const MOST_CLASSES: usize = 256;
const TICK: Duration = Duration::from_millis(100);

/// Does what `plan`, a [`Plan`] in JSON, says and prints the [`Outcome`] in JSON; `charges`
/// is the file with the charge of our control group.
pub(crate) fn run_plan(plan: &str, charges: Option<&Path>) -> Result<()> {
    child::answer(plan, |plan| carry_out(plan, charges))
}

fn carry_out(plan: &Plan, charges: Option<&Path>) -> Result<Outcome> {
    let count = plan.objects();
    let mut objects = Objects::new(count).context("the table of objects")?;
    let gauge = Gauge::new(charges).context("physical memory")?;

    let mut outcome = Outcome {
        objects: count as u64,
        baseline: gauge.baseline(),
        ..Outcome::default()
    };
    for index in 0..count {
        objects.allocate(index, plan.size_of(index));
        contents::write(objects.bytes_mut(index), Key::new(plan.seed, index, 0));
        outcome.allocated_bytes += plan.size_of(index) as u64;
    }
    outcome.full = gauge.heap()?;
    let before = mappings::of_self()?;

    (0..count)
        .filter(|&index| !plan.keeps(index))
        .for_each(|index| objects.free(index));
    outcome.freed = gauge.heap()?;
    if plan.trim {
        malloc::trim();
    }
    wait(Duration::from_secs_f64(plan.wait_s), plan.quiet_wait);
    outcome.unread = gauge.heap()?;

    if plan.corrupt {
        damage_one(plan, &mut objects, count);
    }
    outcome.damage = first_damage(plan, &mut objects, count, 0);
    outcome.settled = gauge.heap()?;
    outcome.mappings_added = mappings::of_self()?.saturating_sub(before);
    if outcome.damage.is_none() {
        rewrite(plan, &mut objects, count);
        outcome.damage = first_damage(plan, &mut objects, count, 1);
    }
    outcome.rewritten = gauge.heap()?;
    count_live(plan, &objects, count, &mut outcome)?;
    Ok(outcome)
}

/// Sleeps; unless `quiet`, one small object replaces another at every tick, of another size each time.
fn wait(time: Duration, quiet: bool) {
    let end = Instant::now() + time;
    let mut held = (!quiet).then(|| Block::new(16, 0));
    for tick in 1.. {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() {
            break;
        }
        std::thread::sleep(left.min(TICK));
        if let Some(block) = &mut held {
            *block = Block::new(16 << (tick % 7), tick);
        }
    }
}

/// The first byte of the kept objects that is not of this generation; all of them are read if there is none.
fn first_damage(
    plan: &Plan,
    objects: &mut Objects,
    count: usize,
    generation: u64,
) -> Option<Damage> {
    (0..count)
        .filter(|&index| plan.keeps(index))
        .find_map(|object| {
            let key = Key::new(plan.seed, object, generation);
            let offset = contents::first_difference(objects.bytes_mut(object), key)?;
            Some(Damage {
                object,
                offset,
                rewritten: generation > 0,
            })
        })
}

/// Writes the contents of generation 1 to all kept objects, before any is read: two on one place would show.
fn rewrite(plan: &Plan, objects: &mut Objects, count: usize) {
    for index in (0..count).filter(|&index| plan.keeps(index)) {
        contents::write(objects.bytes_mut(index), Key::new(plan.seed, index, 1));
    }
}

/// Changes one bit in the middle of a kept object in the middle.
fn damage_one(plan: &Plan, objects: &mut Objects, count: usize) {
    if let Some(index) = (count / 2..count)
        .chain(0..count / 2)
        .find(|&index| plan.keeps(index))
    {
        let bytes = objects.bytes_mut(index);
        bytes[bytes.len() / 2] ^= 1;
    }
}

/// Counts the kept objects by usable size, and the pages they need at least.
fn count_live(plan: &Plan, objects: &Objects, count: usize, outcome: &mut Outcome) -> Result<()> {
    let mut classes: ArrayVec<(usize, u64), MOST_CLASSES> = ArrayVec::new();
    for index in (0..count).filter(|&index| plan.keeps(index)) {
        let usable = objects.usable_size(index).context("a kept object")?;
        outcome.kept += 1;
        outcome.live_bytes += plan.size_of(index) as u64;
        outcome.live_usable_bytes += usable as u64;
        match classes.iter_mut().find(|(size, _)| *size == usable) {
            Some((_, live)) => *live += 1,
            None => classes
                .try_push((usable, 1))
                .ok()
                .context("too many usable sizes")?,
        }
    }
    let minimum = classes
        .iter()
        .map(|&(size, live)| Span::of(size, PAGE as usize).pages_for(live));
    outcome.minimum_pages = minimum.sum();
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::plan::Keep;
    use super::*;

    fn plan(keep: Keep) -> Plan {
        Plan {
            total: 256 << 10,
            sizes: vec![64, 200],
            keep,
            wait_s: 0.0,
            quiet_wait: true,
            trim: false,
            seed: 3,
            corrupt: false,
        }
    }

    #[test]
    fn untouched_objects_pass() {
        let outcome = carry_out(&plan(Keep::Share(0.3)), None).unwrap();
        assert_eq!(outcome.damage, None);
        assert!(outcome.kept > 0 && outcome.kept < outcome.objects);
        assert!(outcome.live_bytes <= outcome.live_usable_bytes);
        assert!(outcome.minimum_pages * PAGE >= outcome.live_bytes);
    }

    #[test]
    fn one_changed_bit_is_reported() {
        let outcome = carry_out(
            &Plan {
                corrupt: true,
                ..plan(Keep::Every(10))
            },
            None,
        )
        .unwrap();
        let damage = outcome.damage.unwrap();
        assert!(!damage.rewritten);
        assert_eq!(damage.object % 10, 0);
    }

    #[test]
    fn each_generation_is_told_from_the_other() {
        let plan = plan(Keep::Every(2));
        let mut objects = Objects::new(4).unwrap();
        for index in 0..4 {
            objects.allocate(index, plan.size_of(index));
            contents::write(objects.bytes_mut(index), Key::new(plan.seed, index, 0));
        }
        assert_eq!(first_damage(&plan, &mut objects, 4, 0), None);
        assert!(first_damage(&plan, &mut objects, 4, 1).unwrap().rewritten);
        rewrite(&plan, &mut objects, 4);
        assert_eq!(first_damage(&plan, &mut objects, 4, 1), None);
        assert!(!first_damage(&plan, &mut objects, 4, 0).unwrap().rewritten);
        (0..4).for_each(|index| objects.free(index));
    }

    #[test]
    fn nothing_kept_needs_nothing() {
        let outcome = carry_out(&plan(Keep::Share(0.0)), None).unwrap();
        assert_eq!(
            (outcome.kept, outcome.live_bytes, outcome.minimum_pages),
            (0, 0, 0)
        );
    }
}
