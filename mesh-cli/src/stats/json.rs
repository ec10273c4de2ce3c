//! The figures as JSON.

use published::{Class, ClassFigure, Figure, Text};
use serde_json::{Map, Value, json};

use crate::process::{Figures, Snapshot};

/// All processes, and their sum.
pub(crate) fn page(seen: &[Snapshot]) -> Value {
    let processes: Vec<_> = seen.iter().map(process).collect();
    let total: u64 = seen
        .iter()
        .filter_map(|one| Some(one.physical?.total()))
        .sum();
    json!({ "processes": processes, "physical_bytes": total })
}

fn process(seen: &Snapshot) -> Value {
    let heap = seen.figures.as_ref().ok().map(heap);
    let problem = seen.figures.as_ref().err();
    json!({
        "pid": seen.pid,
        "name": seen.name,
        "physical_bytes": seen.physical.map(|physical| physical.total()),
        "pss_bytes": seen.physical.map(|physical| physical.pss),
        "page_table_bytes": seen.physical.map(|physical| physical.tables),
        "library": seen.library,
        "heap": heap,
        "problem": problem.map(|absence| absence.words("stats", seen.pid)),
    })
}

fn heap(figures: &Figures) -> Value {
    let mut all = Map::new();
    all.insert("age_ms".to_owned(), figures.age_ms.into());
    for &text in Text::ALL {
        all.insert(text.name().to_owned(), figures.image.text(text).into());
    }
    for &figure in Figure::ALL {
        all.insert(
            figure.name().to_owned(),
            figures.image.figure(figure).into(),
        );
    }
    let classes: Vec<_> = figures.image.classes().map(class).collect();
    all.insert("classes".to_owned(), classes.into());
    all.into()
}

fn class(class: &Class) -> Value {
    let figure = |&which: &ClassFigure| (which.name().to_owned(), class.figure(which).into());
    Value::Object(ClassFigure::ALL.iter().map(figure).collect())
}
