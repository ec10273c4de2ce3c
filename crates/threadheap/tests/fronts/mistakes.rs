//! What a program gives back although it is not its own.

use std::alloc::Layout;
use std::ptr::NonNull;

use globalheap::tuning::OWNED_BYTES;
use globalheap::{Found, Misuse};
use heap::{ClassMap, Grain, SizeClass};
use miniheap::{Geometry, SpanClasses};
use threadheap::ThreadHeap;

use crate::program::{Attached, Front, Told, heap};

/// The classes that serve the program.
fn program_classes() -> impl Iterator<Item = &'static Geometry> {
    (0..SpanClasses::COUNT as u8).map(|class| SpanClasses::geometry(SizeClass(class), Grain::PAGE))
}

/// The size of each class.
fn sizes() -> impl Iterator<Item = usize> {
    program_classes().map(|spans| spans.object_size as usize)
}

fn objects(to: &mut Attached<'_>, size: usize, count: usize) -> Vec<NonNull<u8>> {
    let layout = Layout::from_size_align(size, 16).expect("a layout");
    (0..count)
        .map(|_| to.allocate(layout).expect("there is memory").start)
        .collect()
}

/// What `free` does.
fn free(to: &mut Attached<'_>, address: NonNull<u8>) {
    // SAFETY: the test's own heap; nobody uses what it gives back. What is no object of its is what is tested.
    if !unsafe { Front::push_at(to.at(), address.as_ptr()) } {
        // SAFETY: nobody uses what is given back; what is no object is what is tested.
        unsafe { to.front().free_elsewhere(address) };
    }
}

fn inside(object: NonNull<u8>, offset: usize) -> NonNull<u8> {
    object.map_addr(|at| at.checked_add(offset).expect("far from the end"))
}

fn told(what: Misuse, address: NonNull<u8>) -> Vec<(Misuse, usize)> {
    vec![(what, address.addr().get())]
}

#[test]
fn twice_at_once_is_told_at_once() {
    let heap = heap();
    let mut program = Attached::to(&heap);
    for size in sizes() {
        let some = objects(&mut program, size, 3);
        for &object in &some {
            free(&mut program, object);
            assert_eq!(Told::take(), []);
            free(&mut program, object);
            assert_eq!(Told::take(), told(Misuse::DoubleFree, object), "{size}");
        }
        program.front().flush();
        assert_eq!(Told::take(), []);
    }
}

#[test]
fn twice_with_others_between_is_told_when_the_slots_go_home() {
    let heap = heap();
    let mut program = Attached::to(&heap);
    for geometry in program_classes() {
        // One stays, so that the span does, unless it has one slot: then there is no object any more.
        let some = objects(&mut program, geometry.object_size as usize, 3);
        free(&mut program, some[0]);
        free(&mut program, some[1]);
        free(&mut program, some[0]);
        // Who keeps little of a class looks at all of it.
        let at_once = Told::take();
        // SAFETY: attached, and no other call of it is under way.
        unsafe { heap.send_home(program.at()) };
        if !at_once.is_empty() {
            let found = [Misuse::DoubleFree, Misuse::NotAnObject].map(|what| told(what, some[0]));
            assert!(found.contains(&at_once), "{geometry:?}: {at_once:?}");
            assert_eq!(Told::take(), []);
            continue;
        }
        let what = if geometry.slots > 1 {
            Misuse::DoubleFree
        } else {
            Misuse::NotAnObject
        };
        assert_eq!(Told::take(), told(what, some[0]), "{geometry:?}");
    }
}

#[test]
fn a_full_vector_looks_at_all_of_its_slots() {
    let heap = heap();
    let mut program = Attached::to(&heap);
    let some = objects(&mut program, 64, 1000);
    let mut noticed = 0;
    for (at, &object) in some.iter().enumerate() {
        free(&mut program, object);
        if at > 0 {
            free(&mut program, some[at - 1]);
        }
        noticed += Told::take().len();
    }
    program.front().flush();
    heap.global().below().send_home();
    assert!(noticed > 0 && !Told::take().is_empty());
}

#[test]
fn what_is_no_object_is_told() {
    let heap = heap();
    let mut program = Attached::to(&heap);
    for size in sizes() {
        let some = objects(&mut program, size, 2);
        for offset in [1, 8, 15] {
            let address = inside(some[0], offset);
            free(&mut program, address);
            let expected = told(Misuse::NotAnObject, address);
            assert_eq!(Told::take(), expected, "{size} + {offset}");
        }
        if size > 16 {
            let address = inside(some[0], 16);
            free(&mut program, address);
            if !size.is_multiple_of(4096) || size <= OWNED_BYTES {
                assert_eq!(Told::take(), []);
                program.front().flush();
            }
            assert_eq!(Told::take(), told(Misuse::NotAnObject, address), "{size}");
        }
        program.front().flush();
        assert_eq!(Told::take(), []);
    }
}

/// An object is found by its address, and what lies between two is not, in every place of every span.
#[test]
fn every_object_is_found_and_nothing_else() {
    let heap = heap();
    let mut program = Attached::to(&heap);
    for (class, geometry) in program_classes().enumerate() {
        let size = geometry.object_size as usize;
        let count = (usize::from(geometry.slots) * 5).min((2 << 20) / size);
        let some = objects(&mut program, size, count);
        for &object in &some {
            assert_eq!(heap.global().below().find(object), Found::Object(size));
            // SAFETY: the heap is this test's alone.
            let mistake =
                unsafe { ThreadHeap::mistake_at(program.at(), SizeClass(class as u8), object) };
            assert_eq!(mistake, None);
            for offset in [1, 16, size / 2, size - 16] {
                if offset > 0 && offset < size {
                    assert_eq!(
                        heap.global().below().find(inside(object, offset)),
                        Found::Nothing,
                        "{size} + {offset}"
                    );
                }
            }
        }
        for object in some {
            free(&mut program, object);
            // SAFETY: the heap is this test's alone.
            let mistake =
                unsafe { ThreadHeap::mistake_at(program.at(), SizeClass(class as u8), object) };
            assert_eq!(mistake, Some(Misuse::DoubleFree), "{size}");
        }
        program.front().flush();
        heap.global().below().send_home();
    }
    assert_eq!(Told::take(), []);
    let outside = NonNull::from(&heap).cast();
    assert_eq!(heap.global().below().find(outside), Found::Foreign);
}
