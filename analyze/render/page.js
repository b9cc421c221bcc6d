"use strict";
(() => {
	const data = id => JSON.parse(document.getElementById(id).textContent);
	const words = data("words"), titles = data("titles"), rows = data("rows"), shared = data("shared"), files = data("files");
	const lines = document.getElementById("details").textContent.split("\n").filter(l => l);
	const position = new Map(rows.map((r, i) => [r.id, i]));
	const SVG = "http://www.w3.org/2000/svg";

	// Everything is built of elements and text; no string is ever parsed as HTML.
	const make = (node, attrs, kids) => {
		for (const [k, v] of Object.entries(attrs || {})) if (v !== undefined && v !== null && v !== false) node.setAttribute(k, v === true ? "" : v);
		for (const kid of [].concat(kids === undefined ? [] : kids)) if (kid !== null && kid !== undefined && kid !== "") node.append(kid);
		return node;
	};
	const el = (tag, attrs, kids) => make(document.createElement(tag), attrs, kids);
	const sv = (tag, attrs, kids) => make(document.createElementNS(SVG, tag), attrs, kids);
	const word = (key, ...n) => {
		let s = words[key] === undefined ? key : words[key];
		s = s.replace(/\{(\d)\|([^|}]*)\|([^}]*)\}/g, (_, i, one, many) => n[i] === 1 ? one : many);
		return s.replace(/\{(\d)\}/g, (_, i) => String(n[i]));
	};
	const capital = s => s.charAt(0).toUpperCase() + s.slice(1);
	const title = key => el("h3", {}, capital(word(key)));

	const whole = v => v && v.$ !== undefined ? shared[v.$] : v;
	const detailOf = id => {
		const line = lines[position.get(id)];
		if (!line) return null;
		const h = JSON.parse(line);
		for (const k of Object.keys(h)) h[k] = whole(h[k]);
		if (h.client_hello) for (const k of Object.keys(h.client_hello)) h.client_hello[k] = whole(h.client_hello[k]);
		return h;
	};

	const table = (head, body, kind) => el("div", {class: "wide"}, el("table", {class: kind}, [
		head ? el("thead", {}, el("tr", {}, head.map(t => el("th", {scope: "col"}, t)))) : null,
		el("tbody", {}, body)]));
	const fact = (key, value) => value ? el("tr", {}, [el("td", {class: "k"}, capital(word(key))), el("td", {}, value)]) : null;
	const stack = s => s ? s.name + " (" + word(s.confidence) + ")" : "";

	const facts = h => {
		const f = h.findings.find(x => x.id === h.finding);
		return table(null, [
			f ? fact("fault", word(f.fault) + " (" + word(f.confidence) + ")") : null,
			fact("broke at", h.stage && word(h.stage)),
			fact("connection", (h.client || "?") + " → " + (h.server || "?")),
			fact("name", h.client_hello && h.client_hello.sni),
			fact("upgrade", h.starttls), fact("tunnel", h.tunnel && h.tunnel + " " + (h.tunnel_target || "")),
			fact("client library", stack(h.client_hello && h.client_hello.stack)),
			fact("server library", stack(h.server_hello && h.server_hello.stack)),
			fact("capture", files[h.capture]), fact("time", h.start), fact("frames column", h.first_frame ? h.first_frame + "–" + h.last_frame : ""),
			fact("filter", el("code", {}, h.filter)),
		].filter(x => x));
	};

	const names = (list, chosen, foreign) => el("ul", {class: "names"}, (list || []).map(n =>
		el("li", {class: foreign ? "foreign" : chosen && chosen.includes(n) ? "both" : undefined}, n)));
	const offers = h => !h.offers ? [] : [title("offered"), table(["", word("client"), word("server")], h.offers.map(o => el("tr", {}, [
		el("td", {class: "k"}, capital(o.label)), el("td", {}, names(o.client, o.server)),
		el("td", {}, o.hidden ? el("em", {}, word("encrypted")) : o.server ? [names(o.server, o.client, o.foreign), o.foreign ? el("span", {class: "bad"}, word("not offered")) : null] :
			h.chose ? word("nothing") : null)])), "offers"), h.chose ? null : el("p", {class: "bad"}, capital(word("chose nothing")))];

	const chain = (list, key) => !list || !list.length ? [] : [title(key), el("div", {class: "chain"}, list.flatMap((c, i) => [
		i ? el("div", {class: "issues"}, "↑ " + word("issues the one above")) : null,
		el("div", {class: "cert" + (c.problems ? " problem" : "")}, [
			el("div", {class: "mono"}, c.subject || c.unparsable || "?"),
			el("div", {class: "soft mono"}, c.self_signed ? word("self-signed") : word("issued by", c.issuer)),
			el("div", {class: "soft"}, [c.not_before ? word("valid", c.not_before.slice(0, 10), c.not_after.slice(0, 10)) : "", c.key, c.signature].filter(x => x).join(", ")),
			c.dns_names ? names(c.dns_names) : null,
			c.problems ? el("div", {class: "bad"}, c.problems.map(id => id + (titles[id] ? ": " + titles[id] : "")).join("; ")) : null])]))];

	// The ladder: the client left, the server right, time runs down.
	const ladder = h => {
		if (!h.timeline) return [];
		const left = 170, right = 740, width = 860;
		const nano = t => Number(t.slice(20, 29));
		const since = t => t ? ((Date.parse(t.slice(0, 19) + "Z") - Date.parse(h.timeline[0].time.slice(0, 19) + "Z")) / 1000 + (nano(t) - nano(h.timeline[0].time)) / 1e9).toFixed(6) : "";
		const cut = (s, n) => s.length > n ? s.slice(0, n - 1) + "…" : s;
		const body = [];
		let y = 30;
		const seen = (h.seen || []).map(s => s.capture).sort((a, b) => a - b);
		const frames = l => {
			if (seen.length === 0) return l.frame ? String(l.frame) : "";
			const places = [l, ...(l.also || [])], missing = l.note && !l.also ? "–" : "";
			return seen.map(c => { const p = places.find(x => x.capture === c); return p && p.frame ? String(p.frame) : missing; }).join("|");
		};
		const step = (l, i) => {
			const broken = i === h.break, notes = [l.detail, l.note].filter(x => x);
			if (l.suspected_sender && l.suspected_sender !== l.from) notes.push(word("suspected", l.suspected_sender));
			const height = 26 + notes.length * 14 + (broken ? 16 : 0);
			if (l.finding && l.finding === h.finding) body.push(sv("rect", {class: "mark", x: 0, y: y - 14, width: width, height: height - 2}));
			body.push(sv("text", {class: "end soft", x: 60, y: y + 4}, frames(l)), sv("text", {class: "end soft", x: left - 12, y: y + 4}, since(l.time)));
			const tcp = l.layer === "tcp" || l.layer === "ip" || l.layer === "udp";
			const kind = broken ? "bad" : /again|retransmission/.test(l.what) ? "again" : /gap/.test(l.what) ? "cut" : tcp ? "tcp" : "";
			const from = l.from === "server" ? right : left, to = l.from === "server" ? left : right, sign = to > from ? 1 : -1;
			if (l.from === "network") body.push(sv("line", {class: "arrow cut", x1: left, y1: y, x2: right, y2: y}));
			else {
				const end = broken ? to - sign * 60 : to;
				body.push(sv("line", {class: "arrow " + kind, x1: from, y1: y, x2: end - sign * 7, y2: y}),
					sv("path", {class: "tip " + (broken ? "bad" : tcp ? "tcp" : ""), d: `M${end} ${y}l${-sign * 9} -4v8z`}));
				if (broken) body.push(sv("path", {class: "bad", d: `M${end + sign * 6} ${y - 7}l14 14m0 -14l-14 14`.replace("l14 14m0 -14l-14 14", sign > 0 ? "l14 14m0 -14l-14 14" : "l-14 14m0 -14l14 14")}));
			}
			const label = l.what + (l.decrypted ? " (" + word("decrypted") + ")" : "");
			body.push(sv("text", {class: "mid" + (broken ? " bad" : ""), x: (left + right) / 2, y: y - 4}, [cut(label, 64), sv("title", {}, label)]));
			notes.forEach((n, k) => body.push(sv("text", {class: "mid soft", x: (left + right) / 2, y: y + 12 + k * 14}, [cut(n, 74), sv("title", {}, n)])));
			if (broken) body.push(sv("text", {class: "mid bad", x: (left + right) / 2, y: y + 14 + notes.length * 14}, word("broke here")));
			y += height;
		};
		const list = h.timeline, many = list.length > 120;
		let skipped = 0;
		const flush = () => { if (skipped) { body.push(sv("text", {class: "mid soft", x: (left + right) / 2, y: y}, word("lines left out", skipped))); y += 22; } skipped = 0; };
		list.forEach((l, i) => { if (many && i >= 70 && i < list.length - 40 && !l.finding) skipped++; else { flush(); step(l, i); } });
		flush();
		const head = side => word(side) + (h[side] ? " " + h[side] : "");
		return [title("timeline"), el("div", {class: "ladder"}, sv("svg", {viewBox: `0 0 ${width} ${y + 6}`, width: width, role: "img", "aria-label": capital(word("timeline"))}, [
			sv("line", {class: "life", x1: left, y1: 18, x2: left, y2: y}), sv("line", {class: "life", x1: right, y1: 18, x2: right, y2: y}),
			sv("text", {class: "end soft", x: 60, y: 12}, word("frame column") + (seen.length ? " " + seen.map(c => c + 1).join("|") : "")), sv("text", {class: "end soft", x: 150, y: 12}, word("seconds")),
			sv("text", {x: left, y: 12}, head("client")), sv("text", {class: "end", x: width, y: 12}, head("server"))].concat(body)))];
	};

	const finding = (h, f) => [
		el("p", {class: "verdict"}, [el("strong", {class: f.severity === "error" ? "bad" : f.severity === "warning" ? "warn" : ""}, word(f.severity) + " " + f.id + ": "), capital(f.summary)]),
		h.finding === f.id ? facts(h) : null, f.evidence.length ? title("evidence") : null,
		el("ul", {}, f.evidence.map(e => el("li", {}, [el("strong", {}, (e.frame ? word("frame", e.frame) : "–") + (e.capture !== h.capture ? " [" + (e.capture + 1) + "]" : "")), " ", e.text]))),
		f.causes ? title("causes") : null, f.causes ? el("ol", {}, f.causes.map(c => el("li", {}, [capital(c.text) + " ", el("code", {}, c.id)]))) : null,
		f.decide ? el("p", {}, [el("strong", {}, capital(word("decide")) + " "), f.decide]) : null,
		f.fixes.length ? title("fixes") : null,
		el("ul", {}, f.fixes.map(x => el("li", {}, [el("strong", {}, word(x.who) + ": "), capital(x.text), x.config ? el("pre", {}, x.config) : null]))),
		f.see ? el("p", {class: "soft"}, f.see.join("; ")) : null];

	const detail = id => {
		const h = detailOf(id);
		if (!h) return el("p", {}, word("no details"));
		const raw = el("details", {class: "raw"}, el("summary", {}, capital(word("raw details"))));
		raw.addEventListener("toggle", () => { if (raw.open && raw.children.length === 1) raw.append(el("pre", {}, JSON.stringify(h, (k, v) => k === "offers" ? undefined : v, 2))); });
		const box = el("div", {}, []);
		const add = list => list.flat().filter(x => x).forEach(x => box.append(x));
		const [head, ...rest] = h.findings, failed = head && head.severity === "error";
		add(failed ? finding(h, head) : [facts(h)]);
		add([...ladder(h), ...offers(h), ...chain(h.certificates && h.certificates.server, "certificates server"), ...chain(h.certificates && h.certificates.client, "certificates client")]);
		(failed ? rest : h.findings).forEach(f => add(finding(h, f)));
		if (h.compared_with) add([el("h3", {}, capital(word("compared", h.compared_with.id))), el("ul", {}, h.compared_with.differences.map(d => el("li", {}, d)))]);
		if (h.not_assessed) add([title("not assessed"), el("ul", {}, h.not_assessed.map(n => el("li", {}, n)))]);
		add([raw]);
		return box;
	};

	// The list with its filters.
	const app = document.getElementById("app");
	if (!rows.length) return;
	const perPage = 100;
	let shown = rows, page = 0;
	const search = el("input", {type: "search", id: "search", autocomplete: "off"});
	const choices = key => {
		const count = new Map();
		for (const r of rows) if (r[key]) count.set(r[key], (count.get(r[key]) || 0) + 1);
		return [...count].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1)).slice(0, 500);
	};
	const select = (id, key, name) => el("select", {id}, [el("option", {value: ""}, word("all")), ...choices(key).map(([v, n]) => el("option", {value: v}, name(v) + " (" + n + ")"))]);
	const selects = {o: select("outcome", "o", word), f: select("cause", "f", v => v), se: select("server", "se", v => v), n: select("name", "n", v => v)};
	const status = el("p", {role: "status", "aria-live": "polite", id: "status", tabindex: -1});
	const body = el("tbody", {});
	const pager = el("p", {class: "pager"});
	const reset = el("button", {type: "button", id: "reset"}, word("reset"));

	const toggle = (button, tr, r) => {
		const next = tr.nextSibling;
		if (next && next.classList.contains("open")) { next.remove(); button.setAttribute("aria-expanded", "false"); return; }
		tr.after(el("tr", {class: "open"}, el("td", {colspan: 7}, detail(r.id))));
		button.setAttribute("aria-expanded", "true");
	};
	const rowOf = r => {
		const button = el("button", {type: "button", class: "id", "aria-expanded": "false", "aria-label": word("handshake", r.id)}, String(r.id));
		const tr = el("tr", {class: "row"}, [el("td", {class: "n"}, button),
			el("td", {class: r.o === "failed" ? "bad" : r.o === "completed" ? "good" : "warn"}, word(r.o)), el("td", {}, r.f ? el("code", {title: titles[r.f]}, r.f) : null),
			el("td", {class: "mono"}, r.cl), el("td", {class: "mono"}, r.se), el("td", {class: "mono"}, r.n), el("td", {class: "t"}, r.t ? r.t.slice(0, 10) + " " + r.t.slice(11, 23) : "")]);
		button.addEventListener("click", () => toggle(button, tr, r));
		return tr;
	};
	const draw = () => {
		const pages = Math.max(Math.ceil(shown.length / perPage), 1);
		page = Math.min(Math.max(page, 0), pages - 1);
		body.replaceChildren(...shown.slice(page * perPage, (page + 1) * perPage).map(rowOf));
		status.textContent = word("n shown", shown.length, rows.length);
		const move = (key, by, off) => { const b = el("button", {type: "button", disabled: off}, word(key)); b.addEventListener("click", () => { page += by; draw(); }); return b; };
		pager.replaceChildren(...(pages > 1 ? [move("previous", -1, page === 0), " ", (page + 1) + " / " + pages, " ", move("next", 1, page === pages - 1)] : []));
	};
	const filter = () => {
		const text = search.value.toLowerCase().split(/\s+/).filter(x => x);
		shown = rows.filter(r => Object.entries(selects).every(([k, s]) => !s.value || r[k] === s.value) &&
			text.every(t => [r.id, r.o, r.f, r.cl, r.se, r.n, r.st, r.u, r.c].join(" ").toLowerCase().includes(t)));
		page = 0;
		draw();
	};
	search.addEventListener("input", filter);
	for (const s of Object.values(selects)) s.addEventListener("change", filter);
	reset.addEventListener("click", () => { search.value = ""; for (const s of Object.values(selects)) s.value = ""; filter(); search.focus(); });
	document.addEventListener("keydown", e => {
		const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
		if (e.ctrlKey || e.metaKey || e.altKey) return;
		if (e.key === "/" && !typing) { e.preventDefault(); search.focus(); }
		if (e.key === "Escape" && document.activeElement === search) { search.value = ""; filter(); }
		if ((e.key === "j" || e.key === "k") && !typing) {
			const list = [...body.querySelectorAll("button.id")], at = list.indexOf(document.activeElement);
			const next = list[Math.min(Math.max(at + (e.key === "j" ? 1 : -1), 0), list.length - 1)];
			if (next) next.focus();
		}
	});
	const examples = data("examples").filter(id => position.has(id));
	if (examples.length) app.append(el("section", {id: "examples"}, [el("h2", {}, capital(word(examples.length > 1 ? "examples heading" : "one example heading"))), ...examples.map((id, i) => {
		const r = rows[position.get(id)];
		if (examples.length === 1) return el("div", {class: "example"}, detail(id));
		const d = el("details", {class: "example"}, el("summary", {}, r.f + ": " + r.se + (r.n ? " (" + r.n + ")" : "")));
		const fill = () => { if (d.children.length === 1) d.append(detail(id)); };
		d.addEventListener("toggle", () => { if (d.open) fill(); });
		if (i === 0) { fill(); d.open = true; }
		addEventListener("beforeprint", () => { fill(); d.open = true; });
		return d;
	})]));
	if (rows.length > 1) {
		// A group in the overview shows its handshakes in the list.
		for (const tr of document.querySelectorAll("#groups tbody tr")) {
			const code = tr.querySelector("code");
			if (!code) continue;
			const id = code.textContent, find = el("button", {type: "button", class: "find", title: word("show these")}, id);
			find.addEventListener("click", () => {
				search.value = "";
				for (const [key, value] of [["o", ""], ["f", id], ["se", tr.cells[3].textContent], ["n", tr.cells[4].textContent]]) {
					const s = selects[key];
					s.value = [...s.options].some(o => o.value === value) ? value : "";
				}
				filter();
				status.focus();
				status.scrollIntoView({block: "start"});
			});
			code.replaceChildren(find);
		}
		app.append(el("section", {id: "list"}, [el("h2", {}, capital(word("handshakes"))),
			el("div", {class: "filters", role: "search"}, [el("label", {}, [capital(word("search")), search]), el("label", {}, [capital(word("outcome")), selects.o]),
				el("label", {}, [capital(word("finding")), selects.f]), el("label", {}, [capital(word("server")), selects.se]), el("label", {}, [capital(word("name")), selects.n]), reset]),
			status, el("div", {class: "wide"}, el("table", {class: "cards"}, [el("thead", {}, el("tr", {}, ["", word("outcome"), word("finding"), word("client"), word("server"), word("name"), word("time")].map(t => el("th", {scope: "col"}, t)))), body])), pager]));
		draw();
	} else if (!examples.length) app.append(el("section", {}, detail(rows[0].id)));
	document.documentElement.dataset.ready = "yes";
})();
