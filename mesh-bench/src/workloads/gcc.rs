//! The C compiler on one large generated file.

use super::workload::{Body, Workload};
use crate::site::Site;
use anyhow::Result;
use std::fmt::Write;
use std::process::Command;

/// `gcc -O1`.
pub(crate) const WORKLOAD: Workload = Workload {
    name: "gcc",
    about: "gcc -O1 on a generated file",
    needs: &["gcc"],
    body: Body::Program(compile),
};

const FUNCTIONS: u64 = 200;

fn compile(site: &Site) -> Result<Command> {
    let source = site.file("generated.c", || program(site.scale.of(FUNCTIONS)))?;
    let mut command = site.command("gcc")?;
    command
        .args(["-O1", "-c", "-o"])
        .arg(site.directory.join("generated.o"))
        .arg(source);
    Ok(command)
}

/// A program of `functions` functions, no two alike.
fn program(functions: u64) -> String {
    let mut text = String::from("struct node { struct node *next; int key; long weight[4]; };\n");
    for number in 0..functions {
        function(&mut text, number);
    }
    text
}

fn function(text: &mut String, number: u64) {
    let (factor, limit) = (number % 13 + 3, number % 29 + 5);
    let callee = match number {
        0 => "n->key".to_string(),
        _ => format!("walk_{}(n->next, depth - 1)", number * 5 / 7),
    };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "
static long table_{number}[{limit}];
long walk_{number}(struct node *n, int depth) {{
    long sum = {number};
    if (depth <= 0 || !n) return sum;
    for (int i = 0; i < {limit}; i++) {{
        table_{number}[i] += n->weight[i & 3] * {factor};
        switch ((n->key + i) % 5) {{
        case 0: sum += table_{number}[i]; break;
        case 1: sum ^= n->weight[1] << (i & 7); break;
        case 2: sum -= {callee}; break;
        case 3: if (sum > {limit}) sum /= {factor}; else sum = -sum; break;
        default: for (struct node *m = n; m; m = m->next) sum += m->key * i;
        }}
    }}
    return sum;
}}
"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_function_calls_one_that_stands_before_it() {
        let text = program(50);
        assert_eq!(text.matches("\nlong walk_").count(), 50);
        for number in 1..50u64 {
            let callee = number * 5 / 7;
            assert!(callee < number);
            let here = text.find(&format!("long walk_{number}(")).unwrap();
            assert!(text.find(&format!("long walk_{callee}(")).unwrap() < here);
        }
    }
}
