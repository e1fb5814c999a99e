//! A flame graph as SVG: a function's width is its share of the samples, and it stands on the
//! function that calls it. Brendan Gregg, "The Flame Graph", ACM Queue 14(2), 2016.

use super::stacks::Stacks;
use crate::count::count_in_words;
use maud::{Markup, html};
use std::collections::BTreeMap;

const WIDTH: f64 = 1200.0;
const MARGIN: f64 = 10.0;
const FRAME_HEIGHT: f64 = 18.0;
/// The lines above the frames.
const LINE_HEIGHT: f64 = 18.0;
/// The width of a letter, about.
const LETTER: f64 = 6.6;

/// A flame graph of `stacks`, with lines of text above it. Each frame's title has the function's
/// whole name, its samples, and its share.
pub fn flame_graph(stacks: &Stacks, lines: &[String]) -> String {
    let mut root = Node::default();
    for (stack, count) in stacks.iter() {
        root.add(stack, count);
    }
    let head = MARGIN + LINE_HEIGHT * lines.len() as f64;
    let height = head + FRAME_HEIGHT * root.depth() as f64 + MARGIN;
    let drawing = Drawing {
        total: root.count,
        floor: height - MARGIN,
    };
    let view_box = format!("0 0 {WIDTH} {height:.1}");
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox=(view_box) width=(WIDTH)
            height=(tenths(height)) font-family="monospace" font-size="11" {
            "\n"
            rect width="100%" height="100%" fill="#fff" {} "\n"
            @for (index, line) in lines.iter().enumerate() {
                text x=(MARGIN) y=(tenths(MARGIN + LINE_HEIGHT * (index as f64 + 0.5))) { (line) }
                "\n"
            }
            (drawing.children(&root, MARGIN, 0))
        }
        "\n"
    };
    let is_forbidden = |letter: char| letter.is_control() && letter != '\n';
    svg.into_string().replace(is_forbidden, "\u{fffd}")
}

/// A function below its callers.
#[derive(Default)]
struct Node {
    count: u64,
    called: BTreeMap<String, Node>,
}

impl Node {
    fn add(&mut self, stack: &[String], count: u64) {
        self.count += count;
        if let Some((first, rest)) = stack.split_first() {
            let called = self.called.entry(first.clone()).or_default();
            called.add(rest, count);
        }
    }

    /// The frames above this one at the highest place.
    fn depth(&self) -> usize {
        let depths = self.called.values().map(|called| 1 + called.depth());
        depths.max().unwrap_or(0)
    }
}

struct Drawing {
    total: u64,
    /// Where the lowest frames stand.
    floor: f64,
}

impl Drawing {
    /// What `node` calls, from `x` on, this many frames above the floor.
    fn children(&self, node: &Node, x: f64, above: usize) -> Markup {
        let mut next = x;
        let placed = node.called.iter().map(|(name, called)| {
            let x = next;
            next += self.width(called);
            (x, name, called)
        });
        let placed: Vec<(f64, &String, &Node)> = placed.collect();
        html! {
            @for (x, name, called) in placed {
                (self.frame(name, called, x, above))
                (self.children(called, x, above + 1))
            }
        }
    }

    fn width(&self, node: &Node) -> f64 {
        (WIDTH - 2.0 * MARGIN) * node.count as f64 / self.total.max(1) as f64
    }

    fn frame(&self, name: &str, node: &Node, x: f64, above: usize) -> Markup {
        let width = self.width(node);
        let y = self.floor - FRAME_HEIGHT * (above as f64 + 1.0);
        let share = node.count as f64 / self.total.max(1) as f64 * 100.0;
        let samples = count_in_words(node.count, "sample");
        html! {
            g {
                title { (name) " (" (samples) ", " (format!("{share:.2}")) " %)" }
                rect x=(tenths(x)) y=(tenths(y)) width=(format!("{width:.2}"))
                    height=(tenths(FRAME_HEIGHT - 1.0)) rx="2" fill=(colour(name)) {}
                @if let Some(label) = label(name, width) {
                    text x=(tenths(x + 3.0)) y=(tenths(y + FRAME_HEIGHT - 6.0)) { (label) }
                }
            }
            "\n"
        }
    }
}

/// A coordinate.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// As much of a name as a frame holds: the end of a path says the most.
fn label(name: &str, width: f64) -> Option<String> {
    let room = ((width - 6.0) / LETTER).max(0.0) as usize;
    let mut text = name;
    while text.chars().count() > room {
        match text.split_once("::") {
            Some((_, rest)) if !text.starts_with('<') => text = rest,
            _ if room < 4 => return None,
            _ => {
                let start: String = text.chars().take(room - 2).collect();
                return Some(start + "..");
            }
        }
    }
    Some(text.to_owned())
}

/// A warm colour, always the same for a name.
fn colour(name: &str) -> String {
    // FNV-1a, by G. Fowler, L. C. Noll and K.-P. Vo.
    let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let part = |shift: u32, range: u64| (hash >> shift) % range;
    let (red, green, blue) = (205 + part(16, 50), 100 + part(32, 120), part(48, 60));
    format!("rgb({red},{green},{blue})")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(stacks: &[(&[&str], u64)]) -> String {
        let mut all = Stacks::default();
        for (stack, count) in stacks {
            all.add(stack.iter().map(|&name| name.to_owned()).collect(), *count);
        }
        flame_graph(&all, &["a <title>".to_owned()])
    }

    #[test]
    fn a_frame_is_as_wide_as_its_share_and_stands_on_its_caller() {
        let svg = graph(&[(&["a"], 1), (&["a", "x::b<u8>"], 3), (&["c"], 4)]);
        for title in [
            "<title>a (4 samples, 50.00 %)</title>",
            "<title>x::b&lt;u8&gt; (3 samples, 37.50 %)</title>",
            "<title>c (4 samples, 50.00 %)</title>",
        ] {
            assert!(svg.contains(title), "{title}: {svg}");
        }
        let frame = |name: &str| {
            let start = svg.find(&format!("<title>{name}")).expect("a frame");
            let rect = &svg[start..];
            let number = |attribute: &str| -> f64 {
                let from = rect
                    .find(&format!(" {attribute}=\""))
                    .expect("an attribute");
                let text = &rect[from + attribute.len() + 3..];
                let end = text.find('"').expect("its end");
                text[..end].parse().expect("a number")
            };
            (number("x"), number("y"), number("width"))
        };
        assert_eq!(frame("a").2, 590.0);
        assert_eq!(frame("c").2, 590.0);
        assert_eq!(frame("c").0, frame("a").0 + 590.0);
        assert_eq!(frame("x::b").2, 442.5);
        assert_eq!(frame("x::b").1 + FRAME_HEIGHT, frame("a").1);
        assert!(svg.contains("a &lt;title&gt;"));
    }

    #[test]
    fn names_lose_their_start_where_a_frame_is_narrow() {
        assert_eq!(label("a::b::name", 200.0).as_deref(), Some("a::b::name"));
        assert_eq!(label("a::b::name", 55.0).as_deref(), Some("b::name"));
        assert_eq!(label("a::b::name", 35.0).as_deref(), Some("name"));
        assert_eq!(label("a::longer_name", 55.0).as_deref(), Some("longe.."));
        assert_eq!(label("a::longer_name", 12.0), None);
    }

    #[test]
    fn no_samples_are_an_empty_graph() {
        assert!(graph(&[]).ends_with("</svg>\n"));
    }
}
