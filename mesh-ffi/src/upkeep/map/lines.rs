//! What a map says. docs/mallctl.md has the lines.

use arena::{Linux, Os};
use heap::{SizeClass, SpanId};
use miniheap::{Place, Portrait, SpanClasses};

use crate::ground::heap::HEAP;
use crate::ground::line::Line;

use crate::upkeep::file::Output;

/// All lines, the last of which says how many spans there were.
pub(super) fn write_lines(file: &mut Output<'_>) {
    let mut line = Line::bare();
    line.text("{\"kind\":\"map\",\"version\":1,\"page_size\":");
    file.put(line.number(Linux::PAGE_SIZE).text("}"));
    let mut count = 0;
    for class in (0..SpanClasses::ALL as u8).map(SizeClass) {
        let stats = HEAP.global().class_stats(class);
        if stats.made == 0 {
            continue;
        }
        let mut line = Line::bare();
        line.text("{\"kind\":\"class\",\"class\":")
            .number(class.index());
        line.text(",\"size\":").number(stats.object_size);
        line.text(",\"slots\":").number(stats.slots);
        line.text(",\"pages\":").number(stats.pages);
        file.put(line.text("}"));
        let mut from = Some(SpanId(0));
        while let Some(start) = from {
            let some = HEAP.global().below().portraits(class, start);
            for span in some.spans.iter().flatten() {
                file.put(&mut span_line(class, stats.slots, span));
                count += 1;
            }
            from = some.next;
        }
    }
    let mut line = Line::bare();
    line.text("{\"kind\":\"end\",\"spans\":").number(count);
    file.put(line.text("}"));
}

fn span_line(class: SizeClass, slots: usize, span: &Portrait) -> Line {
    let mut line = Line::bare();
    line.text("{\"kind\":\"span\",\"class\":")
        .number(class.index());
    line.text(",\"span\":").number(span.id.0 as usize);
    line.text(",\"page\":").number(span.first.index());
    match span.place {
        Place::Alone => line.text(",\"place\":\"alone\""),
        Place::Leftover => line.text(",\"place\":\"leftover\""),
        Place::InGroup(leader) => line
            .text(",\"place\":\"group\",\"leader\":")
            .number(leader.0 as usize),
    };
    line.text(",\"live\":\"");
    for &word in span.live.words().iter().take(slots.div_ceil(64)) {
        line.word(word);
    }
    line.text("\"}");
    line
}
