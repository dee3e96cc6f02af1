// Search from a disk. Browsers start no Worker for pages opened as files, so a hidden frame runs the script of the search
// instead: it is loaded there as an ordinary script, and messages go to and fro as events.
if (location.protocol === "file:") {
  window.IFrameWorker = class extends EventTarget {
    constructor(address) {
      super()
      this.frame = document.createElement("iframe")
      this.frame.hidden = true
      this.frame.title = "search"
      document.body.append(this.frame)
      const inside = this.frame.contentWindow
      inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
      inside.importScripts = (...addresses) =>
        addresses.reduce((before, next) => before.then(() => load(inside, next)), Promise.resolve())
      this.ready = load(inside, address)
    }

    postMessage(data) {
      this.ready.then(() => {
        const inside = this.frame.contentWindow
        inside.dispatchEvent(new inside.MessageEvent("message", { data }))
      })
    }

    terminate() {
      this.frame.remove()
    }
  }
  window.Worker = window.IFrameWorker

  function load(inside, address) {
    return new Promise((resolve, reject) => {
      const script = inside.document.createElement("script")
      script.src = new URL(address, location).href
      script.onload = () => resolve()
      script.onerror = () => reject(new Error(`${address} cannot be read`))
      inside.document.head.append(script)
    })
  }
}
