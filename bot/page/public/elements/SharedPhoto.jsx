import { useEffect, useRef } from "react";
import { Download, ShieldCheck } from "lucide-react";

// props: { url, filename, alt, ratio, facts }: a copy that was made for sharing.

export default function SharedPhoto() {
  const figure = useRef(null);
  // It arrives below a gallery that may fill the screen.
  useEffect(() => {
    figure.current?.scrollIntoView({ block: "nearest", behavior: "smooth" });
  }, []);
  return (
    <figure className="pp-shared" ref={figure}>
      <img src={props.url} alt={props.alt} style={{ aspectRatio: String(props.ratio) }} />
      <figcaption>
        <span className="pp-clean">
          <ShieldCheck size={15} aria-hidden />
          {props.facts}
        </span>
        <a className="pp-download" href={props.url} download={props.filename}>
          <Download size={15} aria-hidden />
          Download
        </a>
      </figcaption>
    </figure>
  );
}
