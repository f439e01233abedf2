// What test_pages.py wants to know of a page, measured in it. Returns plain data.
async () => {
  // A theme fades in: wait for the last colour.
  await Promise.all(document.getAnimations().map((one) => one.finished.catch(() => null)));
  const shown = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility !== "hidden";
  const brief = (element) => element.outerHTML.replace(/\s+/g, " ").slice(0, 160);

  // Colours: contrast as WCAG defines it, against the first ground that is not transparent.
  const parse = (text) => {
    const parts = (text.match(/[\d.]+/g) || []).map(Number);
    return text.startsWith("rgb") && parts.length >= 3 ? { rgb: parts.slice(0, 3), alpha: parts[3] ?? 1 } : null;
  };
  const luminance = (rgb) => {
    const [r, g, b] = rgb.map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
    return (high + 0.05) / (low + 0.05);
  };
  const ground = (element) => {
    for (; element; element = element.parentElement) {
      const colour = parse(getComputedStyle(element).backgroundColor);
      if (colour && colour.alpha === 1) return colour.rgb;
    }
    return [255, 255, 255];
  };

  // Figures: how large letters are, and how well lines, marks and letters stand out.
  const figures = [...document.querySelectorAll(".figure-svg svg")].filter(shown).map((svg) => {
    const scale = svg.getBoundingClientRect().width / svg.viewBox.baseVal.width;
    const back = ground(svg);
    const letters = [...svg.querySelectorAll("g[id*='-text_'] g[transform*='scale(']")]
      // Matplotlib draws glyphs of size 100 and scales them.
      .map((g) => 100 * Number(g.getAttribute("transform").match(/scale\(([\d.]+)/)[1]) * scale);
    const colours = {};
    for (const mark of svg.querySelectorAll("path, use")) {
      if (mark.closest("defs, clipPath")) continue;
      const style = getComputedStyle(mark);
      const note = (kind, colour, opacity) => {
        const parsed = parse(colour);
        // What is translucent on purpose (grid lines, areas) is read by its shape, not by its edge.
        if (parsed && parsed.alpha * opacity * style.opacity > 0.9)
          colours[`${kind} ${colour}`] = contrast(parsed.rgb, back);
      };
      const letter = mark.closest("g[id*='-text_']");
      if (letter) note("letter", style.fill, style.fillOpacity);
      else {
        if (parseFloat(style.strokeWidth) > 0) note("line", style.stroke, style.strokeOpacity);
        if (mark.tagName === "use") note("mark", style.fill, style.fillOpacity);
      }
    }
    const photographs = svg.querySelectorAll("image").length;
    return { label: svg.getAttribute("aria-label"), letters, photographs, colours, width: svg.getBoundingClientRect().width };
  });

  // Text: contrast of every piece that is shown.
  const faint = {};
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !shown(element) || element.closest("svg, .katex-mathml, script, style, [aria-hidden=true]")) continue;
    const style = getComputedStyle(element);
    const colour = parse(style.color);
    if (!colour || element.getBoundingClientRect().right < 0) continue;
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.66 && style.fontWeight >= 700);
    const got = contrast(colour.rgb, ground(element));
    if (got < (large ? 3 : 4.5)) faint[`${element.tagName}.${element.className} ${style.color} ${got.toFixed(2)}`] = walker.currentNode.data.trim().slice(0, 40);
  }

  // Names: what a screen reader would say for links, buttons and inputs.
  const text = (id) => document.getElementById(id)?.textContent.trim();
  const name = (element) =>
    element.getAttribute("aria-label")?.trim() ||
    (element.getAttribute("aria-labelledby") || "").split(" ").map(text).join("") ||
    [...(element.labels || [])].map((label) => label.textContent.trim()).join("") ||
    (element.tagName === "INPUT" ? "" : element.textContent.trim()) ||
    element.querySelector("img")?.alt ||
    element.title;

  // What sticks out to the right and cannot be reached by scrolling a box of its own.
  const wide = document.documentElement.clientWidth;
  const scrolls = (element) => {
    for (; element && element !== document.body; element = element.parentElement)
      if (["auto", "scroll"].includes(getComputedStyle(element).overflowX)) return true;
    return false;
  };
  const outside = [...document.querySelectorAll("main *")]
    .filter((element) => shown(element) && element.getBoundingClientRect().right > wide + 1)
    .filter((element) => !scrolls(element) && !element.closest(".katex-mathml, .katex svg, .sr-only, .visually-hidden, dialog"));

  // Equation numbers, and ticks beside them, that lie over their formula.
  const marks = [...document.querySelectorAll("div.math .eqno, .equation-check > summary")];
  const covered = marks.filter((mark) => {
    const box = mark.getBoundingClientRect();
    const formula = mark.closest(".equation, div.math").querySelector(".katex-html"); // scrolls
    return [...formula.querySelectorAll(".base")].some((base) => {
      const other = base.getBoundingClientRect();
      return Math.min(other.right, formula.getBoundingClientRect().right) > box.left + 1 && other.left < box.right - 1 && other.bottom > box.top + 1 && other.top < box.bottom - 1;
    });
  });

  return {
    scrollWidth: document.documentElement.scrollWidth,
    clientWidth: wide,
    outside: outside.slice(0, 5).map(brief),
    covered: covered.map((mark) => mark.ariaLabel || mark.textContent),
    ticks: [...document.querySelectorAll("svg.tick")].map((mark) => contrast(parse(getComputedStyle(mark).color).rgb, ground(mark))),
    brokenImages: [...document.images].filter((image) => !image.complete || !image.naturalWidth).map(brief),
    figures,
    faint,
    headings: [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(shown).map((h) => [Number(h.tagName[1]), h.textContent.trim()]),
    nameless: [...document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button]")]
      .filter((element) => shown(element) && !name(element))
      .map(brief),
    lang: document.documentElement.lang,
    mains: document.querySelectorAll("main, [role=main]").length,
    skip: document.querySelector(document.querySelector("a[href^='#']")?.getAttribute("href"))?.closest("main, #main-content") != null,
    theme: document.documentElement.dataset.theme,
    title: document.title,
  };
}
