// The slider of `show_frames`: shows the frame it points at and says its value.
document.addEventListener("DOMContentLoaded", () => {
  for (const box of document.querySelectorAll(".figure-svg.frames")) {
    const frames = box.querySelectorAll(".frame");
    const slider = box.querySelector("input[type=range]");
    const output = box.querySelector("output");
    const labels = slider.dataset.labels.split("|");
    const move = () => {
      frames.forEach((frame, i) => { frame.hidden = i !== Number(slider.value); });
      output.value = labels[slider.value];
      slider.setAttribute("aria-valuetext", labels[slider.value]);
    };
    slider.addEventListener("input", move);
    window.addEventListener("pageshow", move); // coming back, the slider is where it was left
  }
});
