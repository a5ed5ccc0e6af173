//! The graph as files that other programs open.

use std::fmt::Write;

use super::{End, Node, Topology};

/// Width and height of a box, and the room between two.
const BOX: (usize, usize) = (140, 60);
const STEP: (usize, usize) = (220, 140);

/// A text between tags or in quotes. Control characters have no place in XML, not even escaped.
fn xml(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&apos;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

/// As GraphML, for Gephi, yEd, NetworkX and the like.
#[must_use]
pub fn graphml(topology: &Topology) -> String {
    const KEYS: [(&str, &str); 10] = [
        ("name", "node"),
        ("managed", "node"),
        ("address", "node"),
        ("platform", "node"),
        ("vendor", "node"),
        ("site", "node"),
        ("role", "node"),
        ("model", "node"),
        ("source_interface", "edge"),
        ("target_interface", "edge"),
    ];
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    for (key, of) in KEYS {
        let kind = if key == "managed" { "boolean" } else { "string" };
        let _ = writeln!(
            text,
            "  <key id=\"{key}\" for=\"{of}\" attr.name=\"{key}\" attr.type=\"{kind}\"/>"
        );
    }
    text.push_str("  <key id=\"one_sided\" for=\"edge\" attr.name=\"one_sided\" attr.type=\"boolean\"/>\n");
    text.push_str("  <graph id=\"topology\" edgedefault=\"undirected\">\n");
    if topology.truncated {
        text.push_str("    <desc>There are more links than these.</desc>\n");
    }
    let data = |text: &mut String, key: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = writeln!(text, "      <data key=\"{key}\">{}</data>", xml(value));
        }
    };
    for node in &topology.nodes {
        let _ = writeln!(text, "    <node id=\"{}\">", xml(&node.id));
        data(&mut text, "name", Some(&node.name));
        data(&mut text, "managed", Some(if node.device_id.is_some() { "true" } else { "false" }));
        for (key, value) in [
            ("address", &node.address),
            ("platform", &node.platform),
            ("vendor", &node.vendor),
            ("site", &node.site),
            ("role", &node.role),
            ("model", &node.model),
        ] {
            data(&mut text, key, value.as_deref());
        }
        text.push_str("    </node>\n");
    }
    for (number, link) in topology.links.iter().enumerate() {
        let _ = writeln!(
            text,
            "    <edge id=\"e{number}\" source=\"{}\" target=\"{}\">",
            xml(&link.a.node),
            xml(&link.b.node)
        );
        data(&mut text, "source_interface", link.a.interface.as_deref());
        data(&mut text, "target_interface", link.b.interface.as_deref());
        data(&mut text, "one_sided", Some(if link.one_sided { "true" } else { "false" }));
        text.push_str("    </edge>\n");
    }
    text.push_str("  </graph>\n</graphml>\n");
    text
}

/// As a drawing of draw.io (diagrams.net), laid out in a grid for a person or the program to arrange.
#[must_use]
pub fn drawio(topology: &Topology) -> String {
    const DEVICE: &str = "rounded=1;whiteSpace=wrap;html=0;fillColor=#dae8fc;strokeColor=#6c8ebf;";
    const NEIGHBOR: &str = "rounded=1;whiteSpace=wrap;html=0;dashed=1;fillColor=#f5f5f5;strokeColor=#999999;";
    const LINK: &str = "endArrow=none;html=0;edgeStyle=none;";
    const END: &str = "edgeLabel;html=0;align=center;verticalAlign=middle;resizable=0;points=[];fontSize=9;";
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<mxfile host=\"showrun\">\n  <diagram name=\"Topology\">\n    \
         <mxGraphModel grid=\"1\" page=\"0\" math=\"0\">\n      <root>\n        <mxCell id=\"0\"/>\n        \
         <mxCell id=\"1\" parent=\"0\"/>\n",
    );
    let columns = (1..).find(|side| side * side >= topology.nodes.len()).unwrap_or(1);
    for (at, node) in topology.nodes.iter().enumerate() {
        let style = if node.device_id.is_some() { DEVICE } else { NEIGHBOR };
        let (x, y) = (at % columns * STEP.0, at / columns * STEP.1);
        let _ = writeln!(
            text,
            "        <mxCell id=\"{}\" value=\"{}\" style=\"{style}\" vertex=\"1\" parent=\"1\">\n          <mxGeometry \
             x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" as=\"geometry\"/>\n        </mxCell>",
            xml(&cell(&node.id)),
            label(node),
            BOX.0,
            BOX.1,
        );
    }
    for (number, link) in topology.links.iter().enumerate() {
        let dashed = if link.one_sided { "dashed=1;" } else { "" };
        let _ = writeln!(
            text,
            "        <mxCell id=\"link-{number}\" style=\"{LINK}{dashed}\" edge=\"1\" parent=\"1\" source=\"{}\" \
             target=\"{}\">\n          <mxGeometry relative=\"1\" as=\"geometry\"/>\n        </mxCell>",
            xml(&cell(&link.a.node)),
            xml(&cell(&link.b.node)),
        );
        let mut end = |side: &str, place: &str, end: &End| {
            if let Some(interface) = &end.interface {
                let _ = writeln!(
                    text,
                    "        <mxCell id=\"link-{number}-{side}\" value=\"{}\" style=\"{END}\" vertex=\"1\" \
                     connectable=\"0\" parent=\"link-{number}\">\n          <mxGeometry x=\"{place}\" relative=\"1\" \
                     as=\"geometry\"/>\n        </mxCell>",
                    xml(interface),
                );
            }
        };
        end("a", "-0.7", &link.a);
        end("b", "0.7", &link.b);
    }
    text.push_str("      </root>\n    </mxGraphModel>\n  </diagram>\n</mxfile>\n");
    text
}

/// Ids of nodes apart from those of the drawing itself.
fn cell(node: &str) -> String {
    format!("node-{node}")
}

/// What stands in a box: the name, and below it what it is.
fn label(node: &Node) -> String {
    let below = node.model.as_deref().or(node.platform.as_deref());
    let name = xml(&node.name);
    match below.filter(|text| !text.is_empty()) {
        Some(below) => format!("{name}&#10;{}", xml(below)),
        None => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::Link;

    fn hostile() -> Topology {
        let node = |id: &str, name: &str| Node {
            id: id.to_owned(),
            name: name.to_owned(),
            ..Node::default()
        };
        let end = |node: &str, port: &str| End {
            node: node.to_owned(),
            interface: Some(port.to_owned()),
        };
        Topology {
            nodes: vec![
                node("a", "</data><script>alert('x')</script>"),
                node("neighbor:\"><x y=\"", "\u{1b}[31m\u{0}&amp;"),
            ],
            links: vec![Link {
                a: end("a", "<!--"),
                b: end("neighbor:\"><x y=\"", "]]>"),
                one_sided: true,
                first_seen_at: 0,
                last_seen_at: 0,
            }],
            truncated: true,
        }
    }

    #[test]
    fn hostile_names_stay_text() {
        for file in [graphml(&hostile()), drawio(&hostile())] {
            assert!(!file.contains("<script") && !file.contains("<x y"), "{file}");
            assert!(!file.contains("<!--") && !file.contains("]]>"), "{file}");
            assert!(!file.chars().any(|letter| letter.is_control() && letter != '\n'), "{file}");
            assert!(file.contains("&lt;/data&gt;&lt;script&gt;") && file.contains("&amp;amp;"), "{file}");
            assert_eq!(file.matches('<').count(), file.matches('>').count(), "{file}");
        }
        assert_eq!(graphml(&hostile()).matches("<node ").count(), 2);
        assert_eq!(drawio(&hostile()).matches("vertex=\"1\"").count(), 4);
    }
}
