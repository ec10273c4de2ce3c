//! What is asked of Mesh, as ratios to the peers of the same run where that makes sense.

use super::quantity::Quantity;
use std::fmt;

/// A figure that shall be at most so much.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target {
    /// The figure.
    pub(crate) quantity: Quantity,
    /// What it is a multiple of.
    pub(crate) yardstick: Yardstick,
    /// The most it may be.
    pub(crate) at_most: f64,
}

/// What a figure is a multiple of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Yardstick {
    /// The same figure of this peer.
    Peer(&'static str),
    /// Another figure of the same process.
    Own(Quantity),
    /// One, in the unit of the quantity.
    Unit,
}

/// A target and what was seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Verdict {
    target: Target,
    value: f64,
}

impl Target {
    /// What `name` shows for it, where `figure` has the figures by allocator; `None` when one is missing.
    pub(crate) fn judge(
        self,
        name: &str,
        figure: impl Fn(&str, Quantity) -> Option<f64>,
    ) -> Option<Verdict> {
        let own = figure(name, self.quantity)?;
        let one = match self.yardstick {
            Yardstick::Peer(peer) => figure(peer, self.quantity)?,
            Yardstick::Own(quantity) => figure(name, quantity)?,
            Yardstick::Unit => 1.0,
        };
        let value = own / one;
        let target = self;
        value.is_finite().then_some(Verdict { target, value })
    }
}

impl Verdict {
    /// Whether it is met.
    pub(crate) fn is_met(&self) -> bool {
        self.value <= self.target.at_most
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target {
            quantity,
            yardstick,
            at_most,
        } = self.target;
        write!(f, "{}: ", quantity.name())?;
        let of = match yardstick {
            Yardstick::Peer(peer) => format!("{peer}'s"),
            Yardstick::Own(other) => other.name().to_owned(),
            Yardstick::Unit => {
                let [value, most] = [self.value, at_most].map(|one| quantity.show_with_unit(one));
                return write!(f, "{value}, at most {most} asked for");
            }
        };
        write!(
            f,
            "{:.2} × {of}, at most {at_most:.2} × asked for",
            self.value
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figure(name: &str, quantity: Quantity) -> Option<f64> {
        match (name, quantity) {
            ("mesh", Quantity::Final) => Some(60.0),
            ("mesh", Quantity::UsedMemory) => Some(50.0),
            ("glibc", Quantity::Final) => Some(100.0),
            ("mesh", Quantity::Pause) => Some(0.003),
            _ => None,
        }
    }

    fn verdict(quantity: Quantity, yardstick: Yardstick, at_most: f64) -> Option<Verdict> {
        let target = Target {
            quantity,
            yardstick,
            at_most,
        };
        target.judge("mesh", figure)
    }

    #[test]
    fn a_figure_is_compared_with_its_yardstick() {
        let peer = verdict(Quantity::Final, Yardstick::Peer("glibc"), 0.54).unwrap();
        assert!(!peer.is_met());
        assert_eq!(
            peer.to_string(),
            "final: 0.60 × glibc's, at most 0.54 × asked for"
        );
        let own = verdict(Quantity::Final, Yardstick::Own(Quantity::UsedMemory), 1.2).unwrap();
        assert!(own.is_met());
        let alone = verdict(Quantity::Pause, Yardstick::Unit, 0.002).unwrap();
        assert_eq!(
            alone.to_string(),
            "longest pause: 3.0 ms, at most 2.0 ms asked for"
        );
    }

    #[test]
    fn without_the_peer_there_is_no_verdict() {
        assert!(verdict(Quantity::Final, Yardstick::Peer("jemalloc"), 1.0).is_none());
        assert!(verdict(Quantity::Cpu, Yardstick::Unit, 1.0).is_none());
    }
}
