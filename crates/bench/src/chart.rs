//! Charts as SVG: bytes across and GB/s up, both logarithmic.

use crate::scenario::size_name;
use maud::{Markup, html};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 56.0;
const TOP: f64 = 12.0;
/// The right end of the axes; the keys of the curves stand behind it.
const RIGHT: f64 = WIDTH - 52.0;
/// The lower end of the axes.
const BOTTOM: f64 = HEIGHT - 52.0;

/// How many colours the style has for curves.
const COLOURS: usize = 7;

/// The style of charts. The colours are near those of Okabe and Ito, which people with any colour
/// vision can tell apart, darker or lighter so that each stands out from the paper.
pub(crate) const STYLE: &str = include_str!("chart.css");

/// A chart.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    /// What it shows, for those who do not see it.
    pub(crate) title: String,
    /// What the bytes across are.
    pub(crate) across: &'static str,
    /// The curves.
    pub(crate) curves: Vec<Curve>,
    /// A limit that depends on the bytes: its name, and bytes with GB/s. A dashed grey line.
    pub(crate) limit: Option<(String, Vec<(f64, f64)>)>,
    /// Limits that do not: names and GB/s. Those beyond the curves are left out.
    pub(crate) levels: Vec<(String, f64)>,
}

/// A curve.
#[derive(Debug)]
pub(crate) struct Curve {
    /// Its name.
    pub(crate) name: String,
    /// Thick, or else thin and dashed. Each kind has its own order of colours.
    pub(crate) is_bold: bool,
    /// Its points, from left to right.
    pub(crate) points: Vec<Point>,
}

/// A point of a curve.
#[derive(Debug)]
pub(crate) struct Point {
    /// How far to the right.
    pub(crate) bytes: f64,
    /// How far up.
    pub(crate) gb_per_s: f64,
    /// What a pointer on it shows.
    pub(crate) text: String,
}

impl Chart {
    /// The chart as a figure: the drawing, and the names of its lines by their keys; `None` if it
    /// has no point.
    pub(crate) fn draw(&self) -> Option<Markup> {
        let axes = Axes::of(self)?;
        let mut lines = self.lines(&axes);
        lines.sort_by(|one, other| one.end.total_cmp(&other.end));
        let view_box = format!("0 0 {WIDTH} {HEIGHT}");
        Some(html! {
            figure.chart {
                svg viewBox=(view_box) role="img" {
                    "\n"
                    title { (self.title) } "\n"
                    (axes.draw(self.across))
                    @for line in &lines { (line.drawing) }
                    (draw_keys(&lines))
                }
                "\n"
                ol {
                    "\n"
                    @for (line, key) in lines.iter().zip(1..) {
                        li { (sample(line.class)) " " strong { (key) } " " (line.name) } "\n"
                    }
                }
            }
            "\n"
        })
    }

    /// The curves, then the limits.
    fn lines(&self, axes: &Axes) -> Vec<Line> {
        let mut bold = 0..;
        let mut thin = 0..;
        let mut lines = Vec::new();
        for curve in &self.curves {
            let Some(last) = curve.points.last() else {
                continue;
            };
            let index = if curve.is_bold { &mut bold } else { &mut thin }.next();
            let class = class_of(index.unwrap_or(0), curve.is_bold);
            lines.push(Line {
                name: curve.name.clone(),
                end: axes.y(last.gb_per_s),
                drawing: draw_curve(curve, class, axes),
                class,
            });
        }
        lines.extend(self.limits(axes));
        lines
    }

    /// The limits as dashed grey lines.
    fn limits(&self, axes: &Axes) -> Vec<Line> {
        let class = "limit";
        let levels = self.levels.iter();
        let levels = levels.filter(|(_, rate)| (axes.rate_low..=axes.rate_high).contains(rate));
        let levels = levels.map(|(name, rate)| {
            let end = axes.y(*rate);
            let d = format!("M{LEFT} {end:.1}H{RIGHT}");
            Line {
                name: name.clone(),
                end,
                drawing: html! { path class=(class) d=(d) {} "\n" },
                class,
            }
        });
        let limit = self.limit.iter().filter_map(|(name, points)| {
            let points = points.iter();
            let points: Vec<(f64, f64)> = points
                .map(|(bytes, rate)| (axes.x(*bytes), axes.y(*rate)))
                .collect();
            let &(_, end) = points.last()?;
            Some(Line {
                name: name.clone(),
                end,
                drawing: html! { polyline class=(class) points=(points_text(&points)) {} "\n" },
                class,
            })
        });
        levels.chain(limit).collect()
    }
}

struct Axes {
    size_low: f64,
    size_high: f64,
    rate_low: f64,
    rate_high: f64,
}

impl Axes {
    /// Axes that hold every point; `None` if there is none.
    fn of(chart: &Chart) -> Option<Self> {
        let points = || chart.curves.iter().flat_map(|curve| &curve.points);
        let limit = chart.limit.iter().flat_map(|(_, points)| points);
        let limit = limit.map(|(_, rate)| *rate);
        let (size_low, size_high) = bounds(points().map(|point| point.bytes))?;
        let rates = points().map(|point| point.gb_per_s);
        let (rate_low, rate_high) = bounds(rates.chain(limit))?;
        // A single size needs an axis around it.
        let widened = if size_low == size_high { 2.0 } else { 1.0 };
        Some(Self {
            size_low: size_low / widened,
            size_high: size_high * widened,
            rate_low: 10_f64.powf(rate_low.log10().floor()),
            rate_high: rate_high * 1.3,
        })
    }

    fn x(&self, bytes: f64) -> f64 {
        let part = (bytes / self.size_low).ln() / (self.size_high / self.size_low).ln();
        LEFT + part * (RIGHT - LEFT)
    }

    fn y(&self, rate: f64) -> f64 {
        let part = (rate / self.rate_low).ln() / (self.rate_high / self.rate_low).ln();
        BOTTOM - part * (BOTTOM - TOP)
    }

    /// The sizes that have a line: powers of two, every second one on a long axis.
    fn sizes(&self) -> impl Iterator<Item = usize> {
        let is_long = self.size_high / self.size_low > 256.0;
        let shifts = (0..=40).step_by(if is_long { 2 } else { 1 });
        let sizes = shifts.map(|shift| 1_usize << shift);
        sizes.filter(|&bytes| (self.size_low..=self.size_high).contains(&(bytes as f64)))
    }

    /// The rates that have a line: 1, 2 and 5 times the powers of ten.
    fn rates(&self) -> impl Iterator<Item = f64> {
        let rates = (-4..4).flat_map(|power| [1.0, 2.0, 5.0].map(|step| 10_f64.powi(power) * step));
        rates.filter(|&rate| rate >= self.rate_low * 0.999 && rate <= self.rate_high)
    }

    fn draw(&self, across: &str) -> Markup {
        let upright = format!("translate(14 {:.1}) rotate(-90)", (TOP + BOTTOM) / 2.0);
        html! {
            @for (index, bytes) in self.sizes().enumerate() {
                @let x = self.x(bytes as f64);
                @let class = if index % 2 == 0 { "across" } else { "across minor" };
                path.grid d=(format!("M{x:.1} {TOP}V{BOTTOM}")) {}
                text class=(class) x=(tenths(x)) y=(tenths(BOTTOM + 18.0)) { (size_name(bytes)) }
                "\n"
            }
            @for rate in self.rates() {
                @let y = self.y(rate);
                path.grid d=(format!("M{LEFT} {y:.1}H{RIGHT}")) {}
                text.up x=(tenths(LEFT - 6.0)) y=(tenths(y + 4.0)) { (rate) }
                "\n"
            }
            text.across x=(tenths((LEFT + RIGHT) / 2.0)) y=(tenths(HEIGHT - 8.0)) { (across) }
            "\n"
            text.across transform=(upright) { "GB/s" } "\n"
        }
    }
}

/// The least and the greatest of the values that a logarithmic axis can show.
fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let values = values.filter(|value| value.is_finite() && *value > 0.0);
    values.fold(None, |bounds, value| {
        let (low, high) = bounds.unwrap_or((value, value));
        Some((value.min(low), value.max(high)))
    })
}

/// A coordinate.
fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// A curve or a limit.
struct Line {
    name: String,
    /// How far down its right end is.
    end: f64,
    drawing: Markup,
    class: &'static str,
}

/// The class of the curve of this index, thick or dashed.
const fn class_of(index: usize, is_bold: bool) -> &'static str {
    const BOLD: [&str; COLOURS] = [
        "bold c0", "bold c1", "bold c2", "bold c3", "bold c4", "bold c5", "bold c6",
    ];
    const THIN: [&str; COLOURS] = [
        "thin c0", "thin c1", "thin c2", "thin c3", "thin c4", "thin c5", "thin c6",
    ];
    let classes = if is_bold { BOLD } else { THIN };
    classes[index % COLOURS]
}

/// A piece of a line, for the list of names.
fn sample(class: &str) -> Markup {
    html! {
        svg.sample viewBox="0 0 28 12" aria-hidden="true" {
            path class=(class) d="M0 6H28" {}
        }
    }
}

fn points_text(points: &[(f64, f64)]) -> String {
    let points = points.iter().map(|(x, y)| format!("{x:.1},{y:.1}"));
    points.collect::<Vec<String>>().join(" ")
}

/// A curve: thick, or dashed.
fn draw_curve(curve: &Curve, class: &str, axes: &Axes) -> Markup {
    let place = |point: &Point| (axes.x(point.bytes), axes.y(point.gb_per_s));
    let line: Vec<(f64, f64)> = curve.points.iter().map(place).collect();
    let radius = if curve.is_bold { 3.5 } else { 2.5 };
    html! {
        polyline class=(class) points=(points_text(&line)) {}
        "\n"
        @for ((x, y), point) in line.iter().zip(&curve.points) {
            circle class=(class) cx=(tenths(*x)) cy=(tenths(*y)) r=(radius) {
                title { (curve.name) ", " (point.text) }
            }
            "\n"
        }
    }
}

/// The keys in the order of the ends of their lines, apart and inside the axes.
fn draw_keys(lines: &[Line]) -> Markup {
    const APART: f64 = 17.0;
    let mut free = TOP + 6.0;
    let mut remaining = lines.len() as f64;
    let placed = lines.iter().zip(1..).map(|(line, key)| {
        let lowest = BOTTOM - APART * (remaining - 1.0);
        let y = line.end.min(lowest).max(free);
        (free, remaining) = (y + APART, remaining - 1.0);
        (line, key, y)
    });
    let (from, to, start) = (RIGHT + 4.0, RIGHT + 18.0, RIGHT + 22.0);
    html! {
        @for (line, key, y) in placed {
            path.guide d=(format!("M{from:.1} {:.1}L{to:.1} {y:.1}", line.end)) {}
            text.key x=(tenths(start)) y=(tenths(y + 5.0)) { (key) }
            "\n"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chart of a thick curve, a dashed one, and a limit.
    fn chart() -> Chart {
        let curve = |name: &str, is_bold, rate: f64| Curve {
            name: name.to_owned(),
            is_bold,
            points: [64.0, 1024.0]
                .map(|bytes| Point {
                    bytes,
                    gb_per_s: rate,
                    text: String::new(),
                })
                .into(),
        };
        Chart {
            title: "<t>".to_owned(),
            across: "bytes",
            curves: vec![curve("<ours>", true, 9.0), curve("theirs", false, 3.0)],
            limit: None,
            levels: vec![("limit".to_owned(), 5.0)],
        }
    }

    #[test]
    fn every_line_has_one_key_in_the_drawing_and_its_name_in_the_list() {
        let drawn = chart().draw().expect("points").into_string();
        assert_eq!(drawn.matches("class=\"key\"").count(), 3, "{drawn}");
        let names = [
            "<strong>1</strong> &lt;ours&gt;",
            "<strong>2</strong> limit",
            "<strong>3</strong> theirs",
        ];
        for name in names {
            assert!(drawn.contains(name), "{name}: {drawn}");
        }
        assert!(!drawn.contains("fill=\"#") && !drawn.contains("stroke=\"#"));
        assert!(Chart::default().draw().is_none());
    }

    #[test]
    fn keys_do_not_overlap() {
        let mut chart = chart();
        chart.levels = (0..15).map(|at| (at.to_string(), 5.0)).collect();
        let axes = Axes::of(&chart).expect("points");
        let keys = draw_keys(&chart.lines(&axes)).into_string();
        let ys: Vec<f64> = keys
            .split("<text class=\"key\"")
            .skip(1)
            .map(|text| {
                let y = text.split(" y=\"").nth(1).expect("a place");
                y[..y.find('"').expect("an end")].parse().expect("a number")
            })
            .collect();
        assert_eq!(ys.len(), 17);
        assert!(ys.is_sorted_by(|one, other| other - one > 16.9), "{ys:?}");
        assert!(ys.iter().all(|y| (0.0..HEIGHT).contains(y)), "{ys:?}");
    }
}
