// gusset-browser: one beacon for each page view, when the page is hidden.
(() => {
	"use strict";
	const ratio = RATIO;
	const n = navigator, script = document.currentScript, page = script?.dataset.page;
	const isHidden = () => document.visibilityState === "hidden";
	if (!page || !n.sendBeacon || n.doNotTrack === "1" || n.globalPrivacyControl) return;
	if (isHidden() || Math.random() >= ratio) return;

	let lcp, cls = 0, shift = 0, first = 0, last = 0, errors = 0, sent = false;
	const slow = new Map();
	const interaction = ({ interactionId: id, duration }) => {
		if (!id) return;
		slow.set(id, Math.max(slow.get(id) || 0, duration));
		if (slow.size > 10) slow.delete([...slow].reduce((a, b) => (b[1] < a[1] ? b : a))[0]);
	};
	const handlers = {
		"largest-contentful-paint": (it) => (lcp = it.startTime),
		"layout-shift": ({ hadRecentInput, startTime: time, value }) => {
			if (hadRecentInput) return;
			if (shift && time - last < 1000 && time - first < 5000) shift += value;
			else [shift, first] = [value, time];
			last = time;
			cls = Math.max(cls, shift);
		},
		event: interaction,
		"first-input": interaction,
	};
	const known = self.PerformanceObserver?.supportedEntryTypes || [];
	const flushes = Object.keys(handlers).filter((type) => known.includes(type)).map((type) => {
		const read = (entries) => entries.forEach(handlers[type]);
		const observer = new PerformanceObserver((list) => read(list.getEntries()));
		observer.observe({ type, buffered: true, durationThreshold: 16 });
		return () => read(observer.takeRecords());
	});

	const send = () => {
		const nav = performance.getEntriesByType("navigation")[0];
		if (sent || !nav) return;
		sent = true;
		flushes.forEach((flush) => flush());
		const start = nav.activationStart || 0, tls = nav.secureConnectionStart;
		const beacon = new URLSearchParams({ page, ratio, errors });
		const put = (name, to, from = start) => {
			if (to) beacon.set(name, Math.max(to - from, 0).toFixed(1));
		};
		put("age", performance.now());
		if (nav.connectEnd > nav.connectStart) {
			put("dns", nav.domainLookupEnd, nav.domainLookupStart);
			put("tcp", tls || nav.connectEnd, nav.connectStart);
			put("tls", tls && nav.connectEnd, tls);
		}
		put("first_byte", nav.responseStart);
		put("download", nav.responseEnd, nav.responseStart);
		put("dom", nav.domContentLoadedEventEnd);
		put("load", nav.loadEventEnd);
		put("lcp", lcp);
		if (known.includes("layout-shift")) beacon.set("cls", cls.toFixed(4));
		const durations = [...slow.values()].sort((a, b) => b - a);
		put("inp", durations[Math.min(durations.length - 1, performance.interactionCount / 50 | 0)], 0);
		const span = nav.serverTiming?.find(({ name }) => name === "trace" || name === "traceparent");
		if (span) beacon.set("trace", span.description);
		n.sendBeacon(script.src, beacon);
	};
	const fail = () => errors++;
	addEventListener("error", fail);
	addEventListener("unhandledrejection", fail);
	document.addEventListener("visibilitychange", () => isHidden() && send());
	addEventListener("pagehide", send);
})();
